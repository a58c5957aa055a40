import type { LoginCandidate } from '../../../ports/identity.ts';
import type { Executor } from '../database.ts';

/** The user a login names, by the lower-case handle. A hash of another kind than Argon2id counts as none. */
export async function findLogin(db: Executor, handle: string): Promise<LoginCandidate | undefined> {
  const row = await db
    .selectFrom('users as u')
    .leftJoin('password_credentials as c', (join) =>
      join.onRef('c.user_id', '=', 'u.id').on('c.hash_alg', '=', 'argon2id'),
    )
    .select(['u.id', 'u.handle', 'u.is_active', 'c.password_hash'])
    .where((eb) => eb(eb.fn<string>('lower', ['u.handle']), '=', handle))
    .executeTakeFirst();
  return (
    row && {
      userId: row.id,
      handle: row.handle,
      isActive: row.is_active,
      passwordHash: row.password_hash?.toString('utf8'),
    }
  );
}
