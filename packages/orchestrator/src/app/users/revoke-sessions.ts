import { requireUser } from '../../domain/identity/user-record.ts';
import { type ManageCall, changeRow, clientOf } from '../access/manage-call.ts';
import { requireAction } from '../access/require-action.ts';
import type { UserAdminDeps } from './user-admin.ts';

/**
 * Ends every session of a user, the caller's own one included when they are that user; anybody may end their own.
 * Contract 04 section 4.5, REQ-IDENTY-0119. @throws OrchestratorError `forbidden`, `user_unknown`.
 */
export async function revokeSessions(
  deps: Pick<UserAdminDeps, 'transact' | 'clock'>,
  call: ManageCall,
  id: string,
): Promise<void> {
  if (id !== call.principal.userId) requireAction(call.principal, 'user.manage');
  await deps.transact(async (transaction) => {
    requireUser(await transaction.lock(id));
    const at = deps.clock.now();
    const client = clientOf(call);
    await transaction.revokeSessions(id, { reason: 'revoked', client, at });
    const on = { type: 'user', id } as const;
    const change = { operation: 'users.revoke_sessions', statusCode: 204, on };
    await transaction.audit.append([changeRow(call, change, at)]);
  });
}
