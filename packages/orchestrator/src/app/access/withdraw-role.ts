import { OrchestratorError } from '../../domain/errors.ts';
import { actorId } from '../../domain/identity/actor.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { requireOwnerLeft } from '../users/user-admin.ts';
import { type RoleAdminDeps, requireGrantable } from './grant-role.ts';
import { requireAction } from './require-action.ts';

/**
 * Withdraws a role, which counts from the next request on; the row stays, inactive. Repeating it
 * changes nothing. See docs/reference/identity-and-policy.md#grants.
 * @throws OrchestratorError `forbidden`, `binding_unknown`, `last_owner`.
 */
export async function withdrawRole(
  deps: RoleAdminDeps,
  caller: Caller,
  id: string,
): Promise<Outcome<'removed' | 'unchanged', void>> {
  const { actor } = caller;
  requireAction(actor, 'rbac.manage');
  return deps.transact(async (transaction) => {
    await transaction.owners.lock();
    const binding = await transaction.lock(id);
    if (binding === undefined) {
      throw new OrchestratorError('binding_unknown', 'no such grant; list them to find the id');
    }
    requireGrantable(actor, binding.role);
    const at = deps.clock.now();
    const { projectId } = binding;
    if (binding.isActive) {
      await transaction.deactivate(id, actorId(actor), at);
      if (binding.role === 'owner' && projectId === undefined) {
        await requireOwnerLeft(transaction.owners);
      }
    }
    const kind = binding.isActive ? 'removed' : 'unchanged';
    await record(transaction.audit, caller, { outcome: kind, resourceId: id, projectId }, at);
    return { kind, value: undefined };
  });
}
