import { uuidv7 } from '@cynodeai/runtime/std';
import { sql } from 'kysely';
import type { Readmission, StoredNode } from '../../../ports/node-registry.ts';
import type { Executor } from '../database.ts';
import { storedNode, storedNodeColumns } from './stored-node.ts';

/** Creates a node and leaves its row locked; undefined when the slug is known, also by who came at the same time. */
export async function createNode(
  db: Executor,
  slug: string,
  publicKey: string | undefined,
  at: Date,
): Promise<StoredNode | undefined> {
  const row = await db
    .insertInto('nodes')
    .values({
      id: uuidv7(),
      node_slug: slug,
      status: 'registered',
      last_seen_at: at,
      identity_key: publicKey ?? null,
      identity_settled_at: at,
    })
    .onConflict((conflict) => conflict.column('node_slug').doNothing())
    .returning(storedNodeColumns)
    .executeTakeFirst();
  return row && storedNode(row);
}

/** The node of a known slug, its row locked against other writers. */
export async function lockSlug(db: Executor, slug: string): Promise<StoredNode> {
  const row = await db
    .selectFrom('nodes')
    .select(storedNodeColumns)
    .where('node_slug', '=', slug)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  return storedNode(row);
}

/**
 * Resets a known node. Raising the epoch makes its older JWTs and proofs worthless, its Worker token goes, and clearing
 * the acknowledgement keeps work away until it has applied its configuration anew.
 */
export async function readmitNode(
  db: Executor,
  nodeId: string,
  { publicKey, settles, spendsAllowance, at }: Readmission,
): Promise<StoredNode> {
  const row = await db
    .updateTable('nodes')
    .set((eb) => ({
      status: 'registered',
      config_ack_at: null,
      config_ack_status: null,
      config_ack_error: null,
      // A node without a key is of an older version and does not fetch its token anew while it runs.
      ...((settles || publicKey !== undefined) && { worker_api_bearer_token: null }),
      jwt_epoch: eb('jwt_epoch', '+', 1),
      identity_key: publicKey ?? null,
      ...(settles && { identity_settled_at: at }),
      ...(spendsAllowance && { reregistration_expires_at: null }),
      last_seen_at: at,
      metadata: sql<string>`metadata - 'config_ack_version'`,
      updated_at: at,
    }))
    .where('id', '=', nodeId)
    .returning(storedNodeColumns)
    .executeTakeFirstOrThrow();
  return storedNode(row);
}
