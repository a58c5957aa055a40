import { actorId } from '../../domain/identity/actor.ts';
import { requireAcceptablePassword } from '../../domain/identity/password-rules.ts';
import { requireChangeable } from '../../domain/identity/user-record.ts';
import type { UserReader } from '../../ports/users.ts';
import { requireAction } from '../access/require-action.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { type UserAdminDeps, requireAbove } from './user-admin.ts';

export interface ResetPasswordDeps extends UserAdminDeps {
  readonly users: Pick<UserReader, 'find'>;
}

/**
 * Sets a new password and ends every session of the user. Who knows an owner's password is an
 * owner, so that only owners may set it. See docs/reference/identity-and-policy.md,
 * REQ-IDENTY-0120.
 * @throws OrchestratorError `forbidden`, `user_unknown`, `user_reserved`, `input_invalid`.
 */
export async function resetPassword(
  deps: ResetPasswordDeps,
  caller: Caller,
  request: { readonly userId: string; readonly newPassword: string },
): Promise<Outcome<'changed', void>> {
  const { actor, call: client } = caller;
  const { userId, newPassword } = request;
  requireAction(actor, 'user.manage');
  const { handle } = requireChangeable(await deps.users.find(userId));
  requireAcceptablePassword(newPassword, handle, 'new_password');
  const passwordHash = await deps.passwords.hash(newPassword);
  return deps.transact(async (transaction) => {
    const user = requireChangeable(await transaction.lock(userId));
    await requireAbove(transaction, actor, userId);
    const at = deps.clock.now();
    await transaction.setPassword(userId, passwordHash, at);
    const type = 'password_reset';
    await transaction.record({ type, user, actor: actorId(actor), client, at });
    await transaction.revokeSessions(userId, { reason: 'password_reset', client, at });
    await record(transaction.audit, caller, { outcome: 'changed', resourceId: userId }, at);
    return { kind: 'changed', value: undefined };
  });
}
