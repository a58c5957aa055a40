import { sql } from 'kysely';
import type { AckToStore } from '../../../ports/node-registry.ts';
import type { Executor } from '../database.ts';
import { channels, notify } from '../notifications.ts';

/** Stores a node's word on a configuration. See docs/reference/nodes.md#acknowledgement. */
export async function saveAck(db: Executor, nodeId: string, ack: AckToStore): Promise<void> {
  const note = JSON.stringify({ config_ack_version: ack.version });
  await db
    .updateTable('nodes')
    .set({
      status: ack.nodeStatus,
      config_ack_at: ack.at,
      config_ack_status: ack.ackStatus,
      config_ack_error: ack.error ?? null,
      ...(ack.appliedVersion !== undefined && { config_version: ack.appliedVersion }),
      metadata: sql<string>`coalesce(metadata, '{}') || ${note}::jsonb`,
      updated_at: ack.at,
    })
    .where('id', '=', nodeId)
    .execute();
  if (ack.nodeStatus === 'active') {
    // It is back: what waits for a retry on it need not wait out its delay.
    await sql`
      UPDATE jobs SET next_attempt_at = now()
      WHERE status = 'queued' AND lease_expires_at IS NOT NULL AND node_id = ${nodeId}::uuid
        AND next_attempt_at > now()
    `.execute(db);
  }
  // A node that just became dispatchable may have work waiting, and may hold a model.
  await notify(db, channels.jobs);
  await notify(db, channels.models);
}
