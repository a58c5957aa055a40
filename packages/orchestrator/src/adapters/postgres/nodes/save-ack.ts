import { sql } from 'kysely';
import type { AckToStore } from '../../../ports/nodes.ts';
import type { Executor } from '../database.ts';
import { channels, notify } from '../notifications.ts';

/** Stores a node's word on a configuration. Contract 01 section 3.9. */
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
  // A node that just became dispatchable may have work waiting.
  await notify(db, channels.jobs);
}
