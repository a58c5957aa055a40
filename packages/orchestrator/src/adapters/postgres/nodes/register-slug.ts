import { uuidv7 } from '@cynodeai/runtime/std';
import { sql } from 'kysely';
import type { StoredNode } from '../../../ports/node-registry.ts';
import type { Executor } from '../database.ts';
import { storedNode, storedNodeColumns } from './stored-node.ts';

/**
 * Creates a node or resets a known one and leaves its row locked. Raising the epoch makes the node's older JWTs
 * worthless; clearing the acknowledgement keeps work away until the node has applied its configuration anew.
 */
export async function registerSlug(
  db: Executor,
  slug: string,
  at: Date,
): Promise<{ node: StoredNode; created: boolean }> {
  const id = uuidv7();
  const row = await db
    .insertInto('nodes')
    .values({ id, node_slug: slug, status: 'registered', last_seen_at: at })
    .onConflict((conflict) =>
      conflict.column('node_slug').doUpdateSet((eb) => ({
        status: 'registered',
        config_ack_at: null,
        config_ack_status: null,
        config_ack_error: null,
        jwt_epoch: eb('nodes.jwt_epoch', '+', 1),
        last_seen_at: at,
        metadata: sql<string>`nodes.metadata - 'config_ack_version'`,
        updated_at: at,
      })),
    )
    .returning(storedNodeColumns)
    .executeTakeFirstOrThrow();
  return { node: storedNode(row), created: row.id === id };
}
