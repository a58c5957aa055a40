import { storableText } from '@cynodeai/runtime/std';
import { sql } from 'kysely';
import type { LoginAttempt } from '../../../domain/identity/lockout.ts';
import type { ClientContext, LoginFailure } from '../../../ports/identity.ts';
import { inetOf } from '../audit/inet.ts';
import type { Executor } from '../database.ts';

const maxUserAgentChars = 512;

/** The user agent as it is kept. */
export function userAgentOf(client: ClientContext): string | null {
  if (client.userAgent === undefined) return null;
  return storableText(client.userAgent.slice(0, maxUserAgentChars));
}

/** The columns that say where a call came from, as SQL values `ip_address, user_agent`. */
export function clientColumns(client: ClientContext) {
  return sql`${inetOf(client.ip)}::inet, ${userAgentOf(client)}::text`;
}

/** Writes a refused login. */
export async function recordLoginFailure(db: Executor, failure: LoginFailure): Promise<void> {
  await db
    .insertInto('auth_audit_log')
    .values({
      event_type: 'login_failure',
      user_id: failure.userId ?? null,
      subject_handle: failure.subject ?? null,
      success: false,
      ip_address: inetOf(failure.client.ip),
      user_agent: userAgentOf(failure.client),
      reason: failure.reason,
      created_at: failure.at,
    })
    .execute();
}

/** Writes a refresh that was refused unread. */
export async function recordThrottledRefresh(
  db: Executor,
  refused: Pick<LoginFailure, 'client' | 'at'>,
): Promise<void> {
  await db
    .insertInto('auth_audit_log')
    .values({
      event_type: 'refresh_failure',
      success: false,
      ip_address: inetOf(refused.client.ip),
      user_agent: userAgentOf(refused.client),
      reason: 'rate_limited',
      created_at: refused.at,
    })
    .execute();
}

/**
 * The latest attempts of a subject that reached the password check, newest first. The conditions are literals, so that
 * the index of exactly these rows serves them. Contract 04 section 4.3.
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
