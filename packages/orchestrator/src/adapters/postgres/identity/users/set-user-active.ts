import type { UserRecord } from '../../../../domain/identity/user-record.ts';
import type { Executor } from '../../database.ts';
import { userColumns, userOf } from './user-columns.ts';

/** Switches a user on or off. */
export async function setUserActive(
  db: Executor,
  id: string,
  isActive: boolean,
  at: Date,
): Promise<UserRecord> {
  const row = await db
    .updateTable('users')
    .set({ is_active: isActive, updated_at: at })
    .where('id', '=', id)
    .returning(userColumns)
    .executeTakeFirstOrThrow();
  return userOf(row);
}
