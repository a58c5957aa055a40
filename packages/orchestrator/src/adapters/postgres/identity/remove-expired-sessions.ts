import type { Executor } from '../database.ts';

/**
 * Forgets sessions past their end, revoked ones too: until then their rows tell a replayed token from an unknown one.
 * Both values are named so that the index on (is_active, expires_at) serves the search.
 */
export async function removeExpiredSessions(db: Executor, now: Date): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('refresh_sessions')
    .where('is_active', 'in', [true, false])
    .where('expires_at', '<=', now)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
