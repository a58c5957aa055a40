import { canonicalHash } from '@cynodeai/runtime/crypto';
import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import {
  isDispatchable,
  isInferenceCapable,
  isServiceDown,
} from '../../../domain/dispatch/node-facts.ts';
import { modelFactsOf, modelMemoryMb } from '../../../domain/models/model-facts.ts';
import {
  type ModelNode,
  type NodeModel,
  steadyReport,
  vramTotalMb,
} from '../../../domain/models/model-node.ts';
import { orchestratorHostLabel } from '../../../domain/nodes/node.ts';
import type { NodeConnection } from '../../../ports/nodes.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { Executor } from '../database.ts';
import { readDispatchNodes } from '../nodes/read-dispatch-nodes.ts';

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** `node_model_availability.details` as the manager writes it. */
const detailsSchema = z.object({
  attempts: z.int().default(0),
  retry_at: time.optional(),
  failed_under: z.string().optional(),
  loading_since: time.optional(),
  error: z.string().optional(),
});

const none = detailsSchema.parse({});

interface Row {
  readonly node_id: string;
  readonly snapshot: unknown;
  readonly acked_at: Date | null;
  readonly models: readonly {
    readonly ref: string;
    readonly status: NodeModel['status'];
    readonly details: unknown;
  }[];
}

function modelOf({ status, details }: Row['models'][number]): NodeModel {
  const parsed = detailsSchema.safeParse(details ?? {});
  const { attempts, retry_at, failed_under, loading_since, error } = parsed.data ?? none;
  return {
    status,
    attempts,
    retryAt: retry_at,
    failedUnder: failed_under,
    loadingSince: loading_since,
    error,
  };
}

function modelsOfNode(nodeId: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`coalesce((
    SELECT jsonb_agg(jsonb_build_object(
      'ref', m.name || ':' || v.version, 'status', a.status, 'details', a.details))
    FROM node_model_availability a
    JOIN model_versions v ON v.id = a.model_version_id
    JOIN models m ON m.id = v.model_id AND m.vendor IS NULL
    WHERE a.node_id = ${nodeId}), '[]')`;
}

/** Candidates for the Project Manager's model with all that is known of their models, and how to call them. */
export async function readModelNodes(
  db: Executor,
  vault: Pick<NodeTokenVault, 'open'>,
): Promise<{
  readonly candidates: readonly ModelNode[];
  readonly connections: ReadonlyMap<string, NodeConnection>;
}> {
  const nodes = await readDispatchNodes(db, vault);
  const { rows } = await sql<Row>`
    SELECT n.id AS node_id, c.capability_snapshot AS snapshot, n.config_ack_at AS acked_at,
      ${modelsOfNode(sql`n.id`)} AS models
    FROM nodes n LEFT JOIN node_capabilities c ON c.node_id = n.id
  `.execute(db);
  const byId = new Map(rows.map((row) => [row.node_id, row]));
  const connections = new Map<string, NodeConnection>();
  const candidates: ModelNode[] = [];
  for (const { facts, connection } of nodes) {
    const row = byId.get(facts.nodeId);
    if (row === undefined || !isDispatchable(facts) || !isInferenceCapable(facts)) continue;
    const vram = vramTotalMb(row.snapshot);
    if (connection !== undefined) connections.set(facts.nodeId, connection);
    candidates.push({
      nodeId: facts.nodeId,
      slug: facts.slug,
      isOrchestratorHost: facts.labels.includes(orchestratorHostLabel),
      vramTotalMb: vram,
      facts: modelFactsOf(row.snapshot),
      memoryMb: modelMemoryMb(row.snapshot, vram),
      isDown: isServiceDown(facts),
      // A node that came back may have been repaired, whatever it reports.
      reportKey: canonicalHash([steadyReport(row.snapshot), row.acked_at?.toISOString() ?? null]),
      models: new Map(row.models.map((model) => [model.ref, modelOf(model)])),
    });
  }
  return { candidates, connections };
}
