import { sql } from 'kysely';
import type { SessionsToClose } from '../../../ports/identity.ts';
import type { Executor } from '../database.ts';
import { clientColumns } from '../audit/auth-audit.ts';

/** Ends the sessions named by id or by a refresh token, also by the one exchanged last, each with a `logout` row. */
export async function closeSessions(db: Executor, sessions: SessionsToClose): Promise<void> {
  const { at, client } = sessions;
  const id = sessions.sessionId ?? null;
  const hash = sessions.tokenHash ?? null;
  await sql`
    with closed as (
      update refresh_sessions s
         set is_active = false, revoked_at = ${at}, revoked_reason = 'logout', updated_at = ${at}
        from users u
       where u.id = s.user_id and s.is_active
         and (s.id = ${id}::uuid or s.refresh_token_hash = ${hash}::bytea or s.previous_token_hash = ${hash}::bytea)
      returning s.user_id, u.handle
    )
    insert into auth_audit_log (event_type, user_id, subject_handle, success, ip_address, user_agent, created_at)
    select 'logout', user_id, handle, true, ${clientColumns(client)}, ${at}::timestamptz from closed`.execute(
    db,
  );
}
