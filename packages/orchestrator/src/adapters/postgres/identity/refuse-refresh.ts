import { sql } from 'kysely';
import type { RefusedRefresh, TokenOwner } from '../../../ports/identity.ts';
import type { Executor } from '../database.ts';
import { clientColumns } from '../audit/auth-audit.ts';

interface Row {
  readonly user_id: string;
  readonly handle: string;
}

/**
 * Whose token is replayed; after the grace that ends its session.
 * See docs/reference/identity-and-policy.md#tokens.
 */
export async function refuseRefresh(
  db: Executor,
  refused: RefusedRefresh,
): Promise<TokenOwner | undefined> {
  const { presentedHash, at, client, replayGraceMs } = refused;
  const lateSince = new Date(at.getTime() - replayGraceMs);
  const { rows } = await sql<Row>`
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
    select user_id, handle from replayed`.execute(db);
  const [row] = rows;
  return row && { userId: row.user_id, handle: row.handle };
}
