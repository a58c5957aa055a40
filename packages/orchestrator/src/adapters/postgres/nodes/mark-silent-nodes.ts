import { type Kysely, sql } from 'kysely';
import type { NodeHeartbeats } from '../../../ports/node-registry.ts';
import { channels, notify } from '../notifications.ts';
import { staleBefore } from '../settings/stale-before.ts';
import type { Database } from '../tables.ts';

/** Judges nodes by their last heartbeat. See docs/reference/nodes.md#silence. */
export function postgresNodeHeartbeats(db: Kysely<Database>): NodeHeartbeats {
  return {
    deactivateSilent: async () => {
      const { rows } = await sql<{ node_slug: string }>`
        UPDATE nodes SET status = 'inactive', updated_at = now()
        WHERE status = 'active' AND last_seen_at < ${staleBefore}
        RETURNING node_slug
      `.execute(db);
      if (rows.length > 0) await notify(db, channels.models);
      return rows.map((row) => row.node_slug);
    },
  };
}
