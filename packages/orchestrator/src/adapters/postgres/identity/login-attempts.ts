import { sql } from 'kysely';
import type { LoginAttempt } from '../../../domain/identity/lockout.ts';
import type { LoginFailure } from '../../../ports/identity.ts';
import { appendAuthEvent } from '../audit/auth-audit.ts';
import type { Executor } from '../database.ts';

/** Writes a login that failed at the password check. */
export function recordLoginFailure(db: Executor, failure: LoginFailure): Promise<void> {
  return appendAuthEvent(db, { type: 'login_failure', success: false, ...failure });
}

/**
 * The latest attempts of a subject that reached the password check, newest first. The conditions
 * are literals, so that the index of exactly these rows serves them.
 * See docs/reference/identity-and-policy.md#throttling.
 */
export async function recentAttempts(
  db: Executor,
  subject: string,
  limit: number,
): Promise<readonly LoginAttempt[]> {
  const rows = await db
    .selectFrom('auth_audit_log')
    .select(['success', 'created_at'])
    .where('subject_handle', '=', subject)
    .where(
      sql<boolean>`event_type in ('login_success', 'login_failure') and reason is distinct from 'rate_limited'`,
    )
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ succeeded: row.success, at: row.created_at }));
}
