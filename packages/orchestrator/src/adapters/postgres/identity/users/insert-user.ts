import { sql } from 'kysely';
import type { UserRecord } from '../../../../domain/identity/user-record.ts';
import type { NewUser } from '../../../../ports/users.ts';
import type { Executor } from '../../database.ts';
import { userColumns, userOf } from './user-columns.ts';

async function isHandleTaken(db: Executor, handle: string): Promise<boolean> {
  const { rows } = await sql`select 1 from users where lower(handle) = ${handle}`.execute(db);
  return rows.length > 0;
}

/** Inserts an active user with a password; of parallel inserts with one handle or email one wins. */
export async function insertUser(
  db: Executor,
  user: NewUser,
): Promise<UserRecord | 'handle_taken' | 'email_taken'> {
  const { id, handle, email, passwordHash, at } = user;
  const row = await db
    .insertInto('users')
    .values({ id, handle, email: email ?? null, created_at: at, updated_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .returning(userColumns)
    .executeTakeFirst();
  if (row === undefined) return (await isHandleTaken(db, handle)) ? 'handle_taken' : 'email_taken';
  await db
    .insertInto('password_credentials')
    .values({
      user_id: id,
      password_hash: Buffer.from(passwordHash, 'utf8'),
      hash_alg: 'argon2id',
      created_at: at,
      updated_at: at,
    })
    .execute();
  return userOf(row);
}
