import type { UserRecord } from '../../../../domain/identity/user-record.ts';
import type { Executor } from '../../database.ts';
import { userColumns, userOf } from './user-columns.ts';

const byId = (db: Executor, id: string) =>
  db.selectFrom('users').select(userColumns).where('id', '=', id);

/** One user, `system` too. */
export async function findUser(db: Executor, id: string): Promise<UserRecord | undefined> {
  const row = await byId(db, id).executeTakeFirst();
  return row && userOf(row);
}

/** One user, locked until the transaction ends; opening a session waits for that. */
export async function lockUser(db: Executor, id: string): Promise<UserRecord | undefined> {
  const row = await byId(db, id).forNoKeyUpdate().executeTakeFirst();
  return row && userOf(row);
}
