import type { User } from '@cynodeai/contracts/gateway';
import { requireChangeable, userView } from '../../domain/identity/user-record.ts';
import { type ManageCall, actorOf, changeRow, clientOf } from '../access/manage-call.ts';
import { requireAction } from '../access/require-action.ts';
import { type UserAdminDeps, requireOwnerLeft } from './user-admin.ts';

/**
 * Disables a user and ends every session; their tokens stop working with the next request. Repeating it changes
 * nothing. Contract 04 section 4.5, REQ-IDENTY-0115.
 * @throws OrchestratorError `forbidden`, `user_unknown`, `user_reserved`, `last_owner`.
 */
export function disableUser(
  deps: Pick<UserAdminDeps, 'transact' | 'clock'>,
  call: ManageCall,
  id: string,
): Promise<User> {
  requireAction(call.principal, 'user.manage');
  return deps.transact(async (transaction) => {
    await transaction.owners.lock();
    let user = requireChangeable(await transaction.lock(id));
    const at = deps.clock.now();
    const client = clientOf(call);
    if (user.isActive) {
      user = await transaction.setActive(id, false, at);
      if (await transaction.isOwner(id)) await requireOwnerLeft(transaction.owners);
      const actor = actorOf(call.principal);
      await transaction.record({ type: 'user_disabled', user, actor, client, at });
    }
    await transaction.revokeSessions(id, { reason: 'user_disabled', client, at });
    const on = { type: 'user', id } as const;
    const change = { operation: 'users.disable', statusCode: 200, on };
    await transaction.audit.append([changeRow(call, change, at)]);
    return userView(user);
  });
}
