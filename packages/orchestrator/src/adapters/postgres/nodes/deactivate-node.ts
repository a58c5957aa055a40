import { sql } from 'kysely';
import { keptReason } from '../../../domain/jobs/kept-reason.ts';
import type { Executor } from '../database.ts';
import { channels, notify } from '../notifications.ts';

/**
 * Takes a node that refused the orchestrator's token out of dispatch until it acknowledges again.
 * See docs/reference/nodes.md#node-states.
 */
export async function deactivateNode(db: Executor, nodeId: string, reason: string): Promise<void> {
  const text = keptReason(reason);
  await sql`
    UPDATE nodes SET status = 'inactive', updated_at = now(),
      metadata = coalesce(metadata, '{}') || jsonb_build_object('last_dispatch_error', ${text}::text)
    WHERE id = ${nodeId}::uuid AND status = 'active'
  `.execute(db);
  await notify(db, channels.models);
}
