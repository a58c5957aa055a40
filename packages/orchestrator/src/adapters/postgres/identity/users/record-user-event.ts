import type { UserEvent } from '../../../../ports/users.ts';
import { inetOf } from '../../audit/inet.ts';
import type { Executor } from '../../database.ts';
import { userAgentOf } from '../auth-audit.ts';

/** Writes what was done to a user; `reason` names who did it. */
export async function recordUserEvent(db: Executor, event: UserEvent): Promise<void> {
  await db
    .insertInto('auth_audit_log')
    .values({
      event_type: event.type,
      user_id: event.user.id,
      subject_handle: event.user.handle,
      success: true,
      ip_address: inetOf(event.client.ip),
      user_agent: userAgentOf(event.client),
      reason: `by ${event.actor}`,
      created_at: event.at,
    })
    .execute();
}
