import type { StoredNode } from '../../../ports/node-registry.ts';
import type { Executor } from '../database.ts';
import { storedNode, storedNodeColumns } from './stored-node.ts';

/** A node by id, its row locked against other writers; foreign keys to it may still be made. */
export async function lockNode(db: Executor, nodeId: string): Promise<StoredNode | undefined> {
  const row = await db
    .selectFrom('nodes')
    .select(storedNodeColumns)
    .where('id', '=', nodeId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row && storedNode(row);
}
