import type { User } from '@cynodeai/contracts/gateway';
import { actorId } from '../../domain/identity/actor.ts';
import { requireChangeable, userView } from '../../domain/identity/user-record.ts';
import { requireAction } from '../access/require-action.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { type UserAdminDeps, requireAbove } from './user-admin.ts';

/**
 * Lets a user log in again; sessions stay ended. Repeating it changes nothing.
 * See docs/reference/identity-and-policy.md#user-administration.
 * @throws OrchestratorError `forbidden`, `user_unknown`, `user_reserved`.
 */
export function enableUser(
  deps: Pick<UserAdminDeps, 'transact' | 'clock'>,
  caller: Caller,
  id: string,
): Promise<Outcome<'changed' | 'unchanged', User>> {
  const { actor, call: client } = caller;
  requireAction(actor, 'user.manage');
  return deps.transact(async (transaction) => {
    let user = requireChangeable(await transaction.lock(id));
    await requireAbove(transaction, actor, id);
    const at = deps.clock.now();
    const kind = user.isActive ? 'unchanged' : 'changed';
    if (!user.isActive) {
      user = await transaction.setActive(id, true, at);
      const type = 'user_reenabled';
      await transaction.record({ type, user, actor: actorId(actor), client, at });
    }
    await record(transaction.audit, caller, { outcome: kind, resourceId: id }, at);
    return { kind, value: userView(user) };
  });
}
