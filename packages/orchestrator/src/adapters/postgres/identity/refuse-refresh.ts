import { sql } from 'kysely';
import type { RefusedRefresh } from '../../../ports/identity.ts';
import type { Executor } from '../database.ts';
import { clientColumns } from '../audit/auth-audit.ts';

/**
 * Records a refused refresh; a token replayed after the grace ends its session.
 * See docs/reference/identity-and-policy.md#tokens.
 */
export async function refuseRefresh(db: Executor, refused: RefusedRefresh): Promise<void> {
  const { presentedHash, at, client, replayGraceMs } = refused;
  const lateSince = new Date(at.getTime() - replayGraceMs);
  await sql`
    with replayed as (
      select s.id, s.user_id, u.handle
        from refresh_sessions s join users u on u.id = s.user_id
       where s.previous_token_hash = ${presentedHash}
    ), revoked as (
      update refresh_sessions s
         set is_active = false, revoked_at = ${at}, revoked_reason = 'reuse_detected', updated_at = ${at}
        from replayed
       where s.id = replayed.id and s.is_active and s.last_used_at < ${lateSince}
      returning s.user_id, replayed.handle
    ), logged as (
      insert into auth_audit_log
        (event_type, user_id, subject_handle, success, ip_address, user_agent, reason, created_at)
      select 'session_revoked', user_id, handle, true, ${clientColumns(client)}, 'reuse_detected', ${at}::timestamptz
        from revoked
    )
    insert into auth_audit_log
      (event_type, user_id, subject_handle, success, ip_address, user_agent, reason, created_at)
    select 'refresh_failure', replayed.user_id, replayed.handle, false, ${clientColumns(client)},
           case when replayed.id is null then 'unknown_or_expired' else 'replayed' end, ${at}::timestamptz
      from (select 1) one left join replayed on true`.execute(db);
}
