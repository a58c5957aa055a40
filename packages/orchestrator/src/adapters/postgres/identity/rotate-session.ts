import { sql } from 'kysely';
import type { RotatedSession, Rotation } from '../../../ports/identity.ts';
import type { Executor } from '../database.ts';
import { clientColumns } from '../audit/auth-audit.ts';

interface Row {
  readonly id: string;
  readonly user_id: string;
  readonly handle: string;
}

/**
 * Exchanges the stored hash in one statement: a parallel call with the same token waits for the
 * row, finds the hash changed and gets nothing. See docs/reference/identity-and-policy.md#tokens.
 */
export async function rotateSession(
  db: Executor,
  rotation: Rotation,
): Promise<RotatedSession | undefined> {
  const { presentedHash, newHash, at, expiresAt, absoluteLifeMs, client } = rotation;
  const { rows } = await sql<Row>`
    with rotated as (
      update refresh_sessions s
         set refresh_token_hash = ${newHash}, previous_token_hash = s.refresh_token_hash,
             last_used_at = ${at}, updated_at = ${at},
             expires_at = least(${expiresAt}::timestamptz, s.created_at + ${absoluteLifeMs}::float8 * interval '1 ms')
        from users u
       where u.id = s.user_id and u.is_active
         and s.refresh_token_hash = ${presentedHash} and s.is_active and s.expires_at > ${at}
      returning s.id, s.user_id, u.handle
    ), logged as (
      insert into auth_audit_log (event_type, user_id, subject_handle, success, ip_address, user_agent, created_at)
      select 'refresh_success', user_id, handle, true, ${clientColumns(client)}, ${at}::timestamptz from rotated
    )
    select id, user_id, handle from rotated`.execute(db);
  const [row] = rows;
  return row && { sessionId: row.id, userId: row.user_id, handle: row.handle };
}
