import type { Executor } from '../database.ts';

/** Notes a call by a node with a token of `epoch`; undefined without such a node, false for an older epoch. */
export async function touchNode(
  db: Executor,
  nodeId: string,
  epoch: number,
  at: Date,
): Promise<boolean | undefined> {
  const touched = await db
    .updateTable('nodes')
    .set({ last_seen_at: at, updated_at: at })
    .where('id', '=', nodeId)
    .where('jwt_epoch', '=', epoch)
    .executeTakeFirst();
  if (touched.numUpdatedRows > 0n) return true;
  const node = await db
    .selectFrom('nodes')
    .select('id')
    .where('id', '=', nodeId)
    .executeTakeFirst();
  return node === undefined ? undefined : false;
}
