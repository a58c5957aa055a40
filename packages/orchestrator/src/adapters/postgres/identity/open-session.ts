import { sql } from 'kysely';
import type { NewSession } from '../../../ports/identity.ts';
import type { Executor } from '../database.ts';
import { clientColumns } from '../audit/auth-audit.ts';

/**
 * Stores a session, its `login_success` row and a stronger password hash in one statement. User and credential are
 * locked and looked at again, because checking the password takes long: a session must not open after its user was
 * disabled or got another password meanwhile.
 */
export async function openSession(db: Executor, session: NewSession): Promise<boolean> {
  const { id, userId, handle, tokenHash, expiresAt, at, client } = session;
  const verified = Buffer.from(session.verifiedHash);
  const fresh = Buffer.from(session.freshHash ?? session.verifiedHash);
  const { rows } = await sql`
    with verified as (
      select u.id as user_id, c.id as credential_id
        from users u join password_credentials c on c.user_id = u.id
       where u.id = ${userId} and u.is_active and c.password_hash = ${verified}::bytea
         for share of u for no key update of c
    ), opened as (
      insert into refresh_sessions (id, user_id, refresh_token_hash, expires_at, created_at, updated_at)
      select ${id}::uuid, user_id, ${tokenHash}::bytea, ${expiresAt}::timestamptz, ${at}::timestamptz, ${at}::timestamptz
        from verified
      returning user_id
    ), rehashed as (
      update password_credentials c set password_hash = ${fresh}::bytea, updated_at = ${at}
        from verified
       where c.id = verified.credential_id and c.password_hash <> ${fresh}::bytea
    )
    insert into auth_audit_log (event_type, user_id, subject_handle, success, ip_address, user_agent, created_at)
    select 'login_success', user_id, ${handle}, true, ${clientColumns(client)}, ${at}::timestamptz from opened
    returning user_id`.execute(db);
  return rows.length > 0;
}
