import { OrchestratorError } from '../../domain/errors.ts';
import { type UserSession, actorId } from '../../domain/identity/actor.ts';
import { requireAcceptablePassword } from '../../domain/identity/password-rules.ts';
import { requireChangeable } from '../../domain/identity/user-record.ts';
import type { ClientContext, IdentityStore, Passwords } from '../../ports/identity.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { type ThrottleDeps, admitHandle } from '../auth/throttle.ts';
import type { UserAdminDeps } from './user-admin.ts';

export interface ChangePasswordDeps extends Pick<UserAdminDeps, 'transact' | 'clock'> {
  readonly passwords: Pick<Passwords, 'hash' | 'verify'>;
  readonly identity: Pick<IdentityStore, 'findLogin' | 'recordLoginFailure'>;
  readonly throttle: ThrottleDeps;
}

/** Who changes their password, from which session. */
export interface SessionCaller extends Caller {
  readonly actor: UserSession;
}

/** A wrong one counts like a wrong login. */
async function refuse(
  deps: ChangePasswordDeps,
  { actor }: SessionCaller,
  reason: 'wrong_password' | 'changed_meanwhile',
  client: ClientContext,
): Promise<never> {
  const { userId, handle } = actor;
  const at = deps.clock.now();
  await deps.identity.recordLoginFailure({ subject: handle, userId, reason, client, at });
  throw new OrchestratorError('credentials_invalid', 'the current password is not right');
}

/**
 * Changes the caller's own password and ends their other sessions; who got hold of a session does not get the account.
 * See docs/reference/identity-and-policy.md#passwords.
 * @throws OrchestratorError `credentials_invalid`, `input_invalid`, `rate_limited`.
 */
export async function changePassword(
  deps: ChangePasswordDeps,
  caller: SessionCaller,
  request: { readonly currentPassword: string; readonly newPassword: string },
): Promise<Outcome<'changed', void>> {
  const { actor, call: client } = caller;
  const { userId, handle } = actor;
  requireAcceptablePassword(request.newPassword, handle, 'new_password');
  await admitHandle(deps.throttle, { subject: handle, userId }, client);
  const verified = (await deps.identity.findLogin(handle))?.passwordHash;
  const isRight =
    verified !== undefined &&
    (await deps.passwords.verify(request.currentPassword, verified)).matches;
  if (!isRight) return refuse(deps, caller, 'wrong_password', client);
  const passwordHash = await deps.passwords.hash(request.newPassword);
  const outcome = await deps.transact(async (transaction) => {
    const user = requireChangeable(await transaction.lock(userId));
    if (!(await transaction.hasPassword(userId, verified))) return undefined;
    const at = deps.clock.now();
    await transaction.setPassword(userId, passwordHash, at);
    const type = 'password_changed';
    await transaction.record({ type, user, actor: actorId(actor), client, at });
    const revocation = { reason: type, except: actor.sessionId, client, at } as const;
    await transaction.revokeSessions(userId, revocation);
    await record(transaction.audit, caller, { outcome: 'changed', resourceId: userId }, at);
    return { kind: 'changed', value: undefined } as const;
  });
  return outcome ?? refuse(deps, caller, 'changed_meanwhile', client);
}
