import { type Kysely, sql } from 'kysely';
import type {
  KnownWorkspaces,
  TransactWorkspaces,
  WorkspaceReader,
  WorkspaceRecord,
} from '../../../ports/workspaces.ts';
import { postgresGatewayAudit } from '../audit/gateway-audit.ts';
import type { Executor } from '../database.ts';
import { channels, notify } from '../notifications.ts';
import type { Database } from '../tables.ts';
import { openJobStates } from './hold-workspaces.ts';

interface Row {
  readonly name: string;
  readonly node_slug: string | null;
  readonly size_bytes: number | null;
  readonly task_id: string | null;
  readonly task_name: string | null;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
}

function workspaceOf(row: Row): WorkspaceRecord {
  const { task_id: id, task_name: taskName } = row;
  return {
    name: row.name,
    nodeSlug: row.node_slug ?? undefined,
    sizeBytes: row.size_bytes ?? undefined,
    heldBy: id === null ? undefined : { id, name: taskName ?? id },
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}

/** Kept workspaces of people. */
export function postgresWorkspaceReader(db: Executor): WorkspaceReader {
  return {
    list: async (ownerId) => {
      const { rows } = await sql<Row>`
        SELECT w.name, n.node_slug, w.size_bytes, t.id AS task_id, t.name AS task_name,
           w.created_at, w.last_used_at
          FROM workspaces w
          LEFT JOIN nodes n ON n.id = w.node_id
          LEFT JOIN jobs j ON j.id = w.holder_job_id AND j.status IN ${openJobStates}
          LEFT JOIN tasks t ON t.id = j.task_id
         WHERE w.owner_id = ${ownerId}::uuid ORDER BY w.name
      `.execute(db);
      return rows.map(workspaceOf);
    },
  };
}

/** Runs work on the workspaces of a user in one PostgreSQL transaction. */
export function postgresTransactWorkspaces(db: Kysely<Database>): TransactWorkspaces {
  return (work) =>
    db.transaction().execute((trx) =>
      work({
        audit: postgresGatewayAudit(trx),
        lock: async (ownerId, name) => {
          const { rows } = await sql<{ readonly id: string }>`
            SELECT id FROM workspaces WHERE owner_id = ${ownerId}::uuid AND name = ${name} FOR UPDATE
          `.execute(trx);
          return rows[0]?.id;
        },
        usedBy: async (id) => {
          const { rows } = await sql<{ readonly name: string }>`
            SELECT coalesce(t.name, t.id::text) AS name FROM jobs j JOIN tasks t ON t.id = j.task_id
             WHERE j.workspace_id = ${id}::uuid AND j.status IN ${openJobStates}
             ORDER BY j.created_at LIMIT 1
          `.execute(trx);
          return rows[0]?.name;
        },
        remove: async (id) => {
          await trx.deleteFrom('workspaces').where('id', '=', id).execute();
          await notify(trx, channels.workspaces);
        },
      }),
    );
}

/** What the orchestrator knows of workspaces on nodes. */
export function postgresKnownWorkspaces(db: Executor): KnownWorkspaces {
  return {
    lost: async (nodeId, ids) => {
      // While nothing was done in one, its place may still change, and its content is nobody's loss.
      const { rows } = await sql<{ readonly id: string }>`
        SELECT k.id FROM unnest(${ids}::uuid[]) AS k (id)
         WHERE NOT EXISTS (SELECT 1 FROM workspaces w
           WHERE w.id = k.id AND (w.node_id = ${nodeId}::uuid OR w.last_used_at IS NULL))
      `.execute(db);
      return rows.map((row) => row.id);
    },
  };
}
