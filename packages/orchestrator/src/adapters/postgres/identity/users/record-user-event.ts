import type { UserEvent } from '../../../../ports/users.ts';
import { appendAuthEvent } from '../../audit/auth-audit.ts';
import type { Executor } from '../../database.ts';

/** Writes what was done to a user; `reason` names who did it. */
export function recordUserEvent(db: Executor, event: UserEvent): Promise<void> {
  const { type, user, actor, client, at } = event;
  const about = { userId: user.id, subject: user.handle, reason: `by ${actor}` };
  return appendAuthEvent(db, { type, success: true, ...about, client, at });
}
