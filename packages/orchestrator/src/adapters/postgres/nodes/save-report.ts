import { sql } from 'kysely';
import type { ReportToStore } from '../../../ports/node-registry.ts';
import type { Executor } from '../database.ts';
import { channels, notify } from '../notifications.ts';
import { saveModels } from './save-models.ts';

/** Where the model service of the node was by its last report. */
async function serviceBefore(db: Executor, nodeId: string): Promise<string | undefined> {
  const { rows } = await sql<{ url: string | null }>`
    SELECT capability_snapshot -> 'inference' ->> 'service_url' AS url
    FROM node_capabilities WHERE node_id = ${nodeId}::uuid
  `.execute(db);
  return rows[0]?.url ?? undefined;
}

/**
 * Stores the full report, unknown fields included, and what lists show of it.
 * See docs/reference/nodes.md#capability-report.
 */
export async function saveReport(
  db: Executor,
  nodeId: string,
  { report, hash, at }: ReportToStore,
): Promise<void> {
  const snapshot = JSON.stringify(report);
  const before = await serviceBefore(db, nodeId);
  await db
    .insertInto('node_capabilities')
    .values({
      node_id: nodeId,
      reported_at: new Date(report.reported_at),
      capability_snapshot: snapshot,
    })
    .onConflict((conflict) =>
      conflict.column('node_id').doUpdateSet({
        reported_at: new Date(report.reported_at),
        capability_snapshot: snapshot,
      }),
    )
    .execute();
  const shown = JSON.stringify({
    name: report.node.name ?? null,
    labels: report.node.labels ?? [],
  });
  await db
    .updateTable('nodes')
    .set({
      capability_hash: hash,
      last_capability_at: at,
      last_seen_at: at,
      metadata: sql<string>`coalesce(metadata, '{}') || ${shown}::jsonb`,
      updated_at: at,
    })
    .where('id', '=', nodeId)
    .execute();
  if (report.inference?.models !== undefined) {
    const { models, service_url: now } = report.inference;
    const ofOther = before !== undefined && now !== undefined && before !== now;
    await saveModels(db, nodeId, { models, ofOther, at });
  }
  await notify(db, channels.models);
}
