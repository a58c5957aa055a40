import type { User } from '@cynodeai/contracts/gateway';
import { requireChangeable, userView } from '../../domain/identity/user-record.ts';
import { type ManageCall, actorOf, changeRow, clientOf } from '../access/manage-call.ts';
import { requireAction } from '../access/require-action.ts';
import type { UserAdminDeps } from './user-admin.ts';

/**
 * Lets a user log in again; sessions stay ended. Repeating it changes nothing. Contract 04 section 4.5.
 * @throws OrchestratorError `forbidden`, `user_unknown`, `user_reserved`.
 */
export function enableUser(
  deps: Pick<UserAdminDeps, 'transact' | 'clock'>,
  call: ManageCall,
  id: string,
): Promise<User> {
  requireAction(call.principal, 'user.manage');
  return deps.transact(async (transaction) => {
    let user = requireChangeable(await transaction.lock(id));
    const at = deps.clock.now();
    if (!user.isActive) {
      user = await transaction.setActive(id, true, at);
      const actor = actorOf(call.principal);
      const client = clientOf(call);
      await transaction.record({ type: 'user_reenabled', user, actor, client, at });
    }
    const on = { type: 'user', id } as const;
    const change = { operation: 'users.enable', statusCode: 200, on };
    await transaction.audit.append([changeRow(call, change, at)]);
    return userView(user);
  });
}
