import { OrchestratorError } from '../../domain/errors.ts';
import { requireAcceptablePassword } from '../../domain/identity/password-rules.ts';
import { mayGrant } from '../../domain/identity/role-map.ts';
import { requireChangeable } from '../../domain/identity/user-record.ts';
import type { UserReader } from '../../ports/users.ts';
import { type ManageCall, actorOf, changeRow, clientOf } from '../access/manage-call.ts';
import { requireAction } from '../access/require-action.ts';
import type { UserAdminDeps } from './user-admin.ts';

export interface ResetPasswordDeps extends UserAdminDeps {
  readonly users: Pick<UserReader, 'find'>;
}

/**
 * Sets a new password and ends every session of the user. Who knows an owner's password is an owner, so that only
 * owners may set it. Contract 04 sections 3.4, 4.5, 5.3, REQ-IDENTY-0120.
 * @throws OrchestratorError `forbidden`, `user_unknown`, `user_reserved`, `input_invalid`.
 */
export async function resetPassword(
  deps: ResetPasswordDeps,
  call: ManageCall,
  request: { readonly userId: string; readonly newPassword: string },
): Promise<void> {
  const { userId, newPassword } = request;
  requireAction(call.principal, 'user.manage');
  const { handle } = requireChangeable(await deps.users.find(userId));
  requireAcceptablePassword(newPassword, handle, 'new_password');
  const passwordHash = await deps.passwords.hash(newPassword);
  await deps.transact(async (transaction) => {
    const user = requireChangeable(await transaction.lock(userId));
    if ((await transaction.isOwner(userId)) && !mayGrant(call.principal, 'owner')) {
      throw new OrchestratorError('forbidden', "only an owner may reset an owner's password");
    }
    const at = deps.clock.now();
    const client = clientOf(call);
    await transaction.setPassword(userId, passwordHash, at);
    const actor = actorOf(call.principal);
    await transaction.record({ type: 'password_reset', user, actor, client, at });
    await transaction.revokeSessions(userId, { reason: 'password_reset', client, at });
    const on = { type: 'user', id: userId } as const;
    const change = { operation: 'users.reset_password', statusCode: 204, on };
    await transaction.audit.append([changeRow(call, change, at)]);
  });
}
