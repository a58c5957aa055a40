import { sql } from 'kysely';
import type { Executor } from '../database.ts';
import { channels, notify } from '../notifications.ts';

/**
 * Notes a call by a node with a token of `epoch`; undefined without such a node, false for an older
 * epoch. Contact from an inactive node whose last word on its configuration was `applied` makes it
 * active again. The time is the database's, as that of the reaper who judges it.
 * See docs/reference/nodes.md#node-states.
 */
export async function noteHeartbeat(
  db: Executor,
  nodeId: string,
  epoch: number,
): Promise<boolean | undefined> {
  const { rows } = await sql<{ current: boolean; revived: boolean | null }>`
    WITH before AS (
      SELECT id, jwt_epoch = ${epoch} AS current,
        status = 'inactive' AND config_ack_status IS NOT DISTINCT FROM 'applied' AS revives
      FROM nodes WHERE id = ${nodeId}::uuid),
    touched AS (
      UPDATE nodes n SET last_seen_at = now(), updated_at = now(),
        status = CASE WHEN n.status = 'inactive' AND n.config_ack_status = 'applied'
          THEN 'active' ELSE n.status END
      FROM before WHERE n.id = before.id AND before.current AND n.jwt_epoch = ${epoch}
      RETURNING n.id)
    SELECT before.current, before.revives AND EXISTS (SELECT 1 FROM touched) AS revived FROM before
  `.execute(db);
  const row = rows[0];
  if (row?.revived === true) {
    await notify(db, channels.jobs);
    await notify(db, channels.models);
  }
  return row?.current;
}
