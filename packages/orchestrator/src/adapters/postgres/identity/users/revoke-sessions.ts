import { sql } from 'kysely';
import type { UserTransaction } from '../../../../ports/users.ts';
import type { Executor } from '../../database.ts';
import { clientColumns } from '../../audit/auth-audit.ts';

/** Ends every live session of a user, each with a `session_revoked` row. */
export async function revokeSessions(
  db: Executor,
  userId: string,
  { reason, except, client, at }: Parameters<UserTransaction['revokeSessions']>[1],
): Promise<number> {
  const { rows } = await sql`
    with revoked as (
      update refresh_sessions s
         set is_active = false, revoked_at = ${at}, revoked_reason = ${reason}, updated_at = ${at}
        from users u
       where u.id = s.user_id and s.user_id = ${userId} and s.is_active
         and s.id is distinct from ${except ?? null}::uuid
      returning s.user_id, u.handle
    )
    insert into auth_audit_log
      (event_type, user_id, subject_handle, success, ip_address, user_agent, reason, created_at)
    select 'session_revoked', user_id, handle, true, ${clientColumns(client)}, ${reason}::text, ${at}::timestamptz
      from revoked
    returning id`.execute(db);
  return rows.length;
}
