import { type Kysely, sql } from 'kysely';
import type { JoinTokens, NewJoinToken } from '../../../ports/join-tokens.ts';
import type { Executor } from '../database.ts';
import type { Database } from '../tables.ts';
import { insertNodeAudit } from './insert-node-audit.ts';

/** Keeps a new token, and forgets those that nobody used in time. */
export async function insertJoinToken(db: Executor, token: NewJoinToken): Promise<void> {
  await db
    .deleteFrom('node_join_tokens')
    .where('used_at', 'is', null)
    .where('expires_at', '<', sql<Date>`${token.createdAt}::timestamptz - interval '1 day'`)
    .execute();
  await db
    .insertInto('node_join_tokens')
    .values({
      id: token.id,
      token_hash: token.hash,
      created_by: token.createdBy,
      created_at: token.createdAt,
      expires_at: token.expiresAt,
    })
    .execute();
}

async function use(
  db: Executor,
  ...[{ tokenHash, keyHash, slug, at }, client]: Parameters<JoinTokens['use']>
): ReturnType<JoinTokens['use']> {
  const used = await db
    .updateTable('node_join_tokens')
    .set({ used_at: at, node_slug: slug, key_hash: keyHash })
    .where('token_hash', '=', tokenHash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', at)
    .returning('id')
    .executeTakeFirst();
  if (used !== undefined) {
    await insertNodeAudit(db, { slug, reason: 'joined', client });
    return 'joined';
  }
  const row = await db
    .selectFrom('node_join_tokens')
    .select('used_at')
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  if (row === undefined) return 'join_token_unknown';
  return row.used_at === null ? 'join_token_expired' : 'join_token_used';
}

/** Join tokens in PostgreSQL. */
export function postgresJoinTokens(db: Kysely<Database>): JoinTokens {
  return {
    use: (join, client) => db.transaction().execute((trx) => use(trx, join, client)),
    slugOfKey: async (keyHash) => {
      const row = await db
        .selectFrom('node_join_tokens')
        .select('node_slug')
        .where('key_hash', '=', keyHash)
        .executeTakeFirst();
      return row?.node_slug ?? undefined;
    },
  };
}
