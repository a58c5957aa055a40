import { transports, uuidSchema } from '@cynodeai/contracts/common';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { NodeRecord } from '../../../domain/nodes/node-record.ts';
import type { NodeStatus } from '../../../domain/nodes/node.ts';
import type { NodeReader } from '../../../ports/node-admin.ts';
import type { Database } from '../tables.ts';

interface Row {
  readonly id: string;
  readonly node_slug: string;
  readonly status: NodeStatus;
  readonly enabled: boolean;
  readonly last_seen_at: Date | null;
  readonly created_at: Date;
  readonly has_key: boolean;
  readonly is_settled: boolean;
  readonly reregistration_expires_at: Date | null;
  readonly registration_refused_at: Date | null;
  readonly refused_from: string | null;
  readonly os: string | null;
  readonly arch: string | null;
  readonly cpu_cores: number | null;
  readonly ram_mb: number | null;
  readonly runtime: string | null;
  readonly gpu: boolean;
  readonly inference: boolean;
  readonly models: number;
  readonly name: string | null;
  readonly transport: string | null;
}

/** A text of the report, cut: a node words it freely. */
const text = (path: string): RawBuilder<unknown> =>
  sql`left(c.capability_snapshot #>> ${path}::text[], 128)`;

/** A number of the report as the schema of reports has let it in. */
const whole = (path: string): RawBuilder<unknown> =>
  sql`(c.capability_snapshot #>> ${path}::text[])::float8`;

const isTrue = (path: string): RawBuilder<unknown> =>
  sql`coalesce(c.capability_snapshot #> ${path}::text[] = 'true', false)`;

/** Of a report, which may be large, only what is shown leaves the database. */
const selection = sql`
  SELECT n.id, n.node_slug, n.status, n.enabled, n.last_seen_at, n.created_at,
    n.identity_key IS NOT NULL AS has_key, n.identity_settled_at IS NOT NULL AS is_settled,
    n.reregistration_expires_at, n.registration_refused_at,
    host(n.registration_refused_from) AS refused_from,
    ${text('{platform,os}')} AS os, ${text('{platform,arch}')} AS arch,
    ${whole('{compute,cpu_cores}')} AS cpu_cores, ${whole('{compute,ram_mb}')} AS ram_mb,
    ${text('{container_runtime,runtime}')} AS runtime, ${isTrue('{gpu,present}')} AS gpu,
    ${isTrue('{inference,running}')} AS inference,
    CASE jsonb_typeof(c.capability_snapshot #> '{inference,models}')
      WHEN 'array' THEN jsonb_array_length(c.capability_snapshot #> '{inference,models}')
      ELSE 0 END AS models,
    ${text('{node,name}')} AS name, ${text('{network,orchestrator_transport}')} AS transport
  FROM nodes n LEFT JOIN node_capabilities c ON c.node_id = n.id`;

function recordOf(row: Row): NodeRecord {
  return {
    id: row.id,
    slug: row.node_slug,
    status: row.status,
    enabled: row.enabled,
    lastSeenAt: row.last_seen_at ?? undefined,
    createdAt: row.created_at,
    hasKey: row.has_key,
    isSettled: row.is_settled,
    allowedUntil: row.reregistration_expires_at ?? undefined,
    refusedAt: row.registration_refused_at ?? undefined,
    refusedFrom: row.refused_from ?? undefined,
    reported: {
      os: row.os ?? undefined,
      arch: row.arch ?? undefined,
      cpuCores: row.cpu_cores ?? undefined,
      ramMb: row.ram_mb ?? undefined,
      runtime: row.runtime ?? undefined,
      gpu: row.gpu,
      inference: row.inference,
      models: row.models,
      name: row.name ?? undefined,
      transport: transports.find((transport) => transport === row.transport),
    },
  };
}

/** SQL that holds for the node of an id or slug; an id comes first, for nothing keeps a slug from looking like one. */
export function isNode(idOrSlug: string): RawBuilder<boolean> {
  const id = uuidSchema.safeParse(idOrSlug).data ?? null;
  return sql`n.id = coalesce(
    (SELECT id FROM nodes WHERE id = ${id}::uuid),
    (SELECT id FROM nodes WHERE node_slug = ${idOrSlug}))`;
}

/** Nodes in PostgreSQL, to read. */
export function postgresNodeReader(db: Kysely<Database>): NodeReader {
  return {
    list: async ({ after, limit }) => {
      const { rows } = await sql<Row>`${selection}
        WHERE ${after ?? null}::text IS NULL OR n.node_slug > ${after ?? null}
        ORDER BY n.node_slug LIMIT ${limit}
      `.execute(db);
      return rows.map(recordOf);
    },
    find: async (idOrSlug) => {
      const { rows } = await sql<Row>`${selection} WHERE ${isNode(idOrSlug)}`.execute(db);
      return rows[0] && recordOf(rows[0]);
    },
  };
}
