import type { Executor } from '../../database.ts';

/** True while the user's password is the one of this hash. */
export async function hasPassword(
  db: Executor,
  userId: string,
  passwordHash: string,
): Promise<boolean> {
  const row = await db
    .selectFrom('password_credentials')
    .select('id')
    .where('user_id', '=', userId)
    .where('password_hash', '=', Buffer.from(passwordHash, 'utf8'))
    .executeTakeFirst();
  return row !== undefined;
}

/** Sets a user's Argon2id hash, also for one who had no password. */
export async function setPassword(
  db: Executor,
  userId: string,
  passwordHash: string,
  at: Date,
): Promise<void> {
  const values = {
    password_hash: Buffer.from(passwordHash, 'utf8'),
    hash_alg: 'argon2id' as const,
    updated_at: at,
  };
  await db
    .insertInto('password_credentials')
    .values({ user_id: userId, created_at: at, ...values })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(values))
    .execute();
}
