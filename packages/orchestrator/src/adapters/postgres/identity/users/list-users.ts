import { sql } from 'kysely';
import type { UserRecord } from '../../../../domain/identity/user-record.ts';
import type { UserListQuery } from '../../../../ports/users.ts';
import type { Executor } from '../../database.ts';
import { userColumns, userOf } from './user-columns.ts';

/** Users, newest first. `strpos` takes the text as it is, so that `%` and `_` mean themselves. */
export async function listUsers(
  db: Executor,
  query: UserListQuery,
): Promise<readonly UserRecord[]> {
  const { isActive, contains, after, limit } = query;
  let users = db.selectFrom('users').select(userColumns);
  if (isActive !== undefined) users = users.where('is_active', '=', isActive);
  if (contains !== undefined) {
    users = users.where(
      sql<boolean>`(strpos(lower(handle), lower(${contains})) > 0 or strpos(lower(email), lower(${contains})) > 0)`,
    );
  }
  if (after !== undefined) {
    users = users.where(
      sql<boolean>`(created_at, id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`,
    );
  }
  const rows = await users
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(userOf);
}
