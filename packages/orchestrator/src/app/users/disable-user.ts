import type { User } from '@cynodeai/contracts/gateway';
import { actorId } from '../../domain/identity/actor.ts';
import { requireChangeable, userView } from '../../domain/identity/user-record.ts';
import { requireAction } from '../access/require-action.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { type UserAdminDeps, requireAbove, requireOwnerLeft } from './user-admin.ts';

/**
 * Disables a user and ends every session; their tokens stop working with the next request.
 * Repeating it changes nothing. See docs/reference/identity-and-policy.md#user-administration,
 * REQ-IDENTY-0115.
 * @throws OrchestratorError `forbidden`, `user_unknown`, `user_reserved`, `last_owner`.
 */
export function disableUser(
  deps: Pick<UserAdminDeps, 'transact' | 'clock'>,
  caller: Caller,
  id: string,
): Promise<Outcome<'changed' | 'unchanged', User>> {
  const { actor, call: client } = caller;
  requireAction(actor, 'user.manage');
  return deps.transact(async (transaction) => {
    await transaction.owners.lock();
    let user = requireChangeable(await transaction.lock(id));
    await requireAbove(transaction, actor, id);
    const at = deps.clock.now();
    const kind = user.isActive ? 'changed' : 'unchanged';
    if (user.isActive) {
      user = await transaction.setActive(id, false, at);
      if (await transaction.isOwner(id)) await requireOwnerLeft(transaction.owners);
      const type = 'user_disabled';
      await transaction.record({ type, user, actor: actorId(actor), client, at });
    }
    await transaction.revokeSessions(id, { reason: 'user_disabled', client, at });
    await record(transaction.audit, caller, { outcome: kind, resourceId: id }, at);
    return { kind, value: userView(user) };
  });
}
