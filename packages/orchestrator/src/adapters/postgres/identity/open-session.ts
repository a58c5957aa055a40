import { sql } from 'kysely';
import type { NewSession } from '../../../ports/identity.ts';
import type { Executor } from '../database.ts';
import { clientColumns } from './auth-audit.ts';

/** Stores a session, its `login_success` row and a stronger password hash in one statement. */
export async function openSession(db: Executor, session: NewSession): Promise<void> {
  const { id, userId, handle, tokenHash, expiresAt, at, client, rehash } = session;
  const old = rehash && Buffer.from(rehash.old);
  const fresh = rehash && Buffer.from(rehash.fresh);
  await sql`
    with opened as (
      insert into refresh_sessions (id, user_id, refresh_token_hash, expires_at, created_at, updated_at)
      values (${id}, ${userId}, ${tokenHash}, ${expiresAt}, ${at}, ${at})
    ), rehashed as (
      update password_credentials set password_hash = ${fresh ?? null}::bytea, updated_at = ${at}
       where user_id = ${userId} and password_hash = ${old ?? null}::bytea
    )
    insert into auth_audit_log (event_type, user_id, subject_handle, success, ip_address, user_agent, created_at)
    values ('login_success', ${userId}, ${handle}, true, ${clientColumns(client)}, ${at})`.execute(
    db,
  );
}
