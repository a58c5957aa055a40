import { OrchestratorError } from '../../domain/errors.ts';
import { requireOwnerLeft } from '../users/user-admin.ts';
import { type RoleAdminDeps, requireGrantable } from './grant-role.ts';
import { type ManageCall, actorOf, changeRow } from './manage-call.ts';
import { requireAction } from './require-action.ts';

/**
 * Withdraws a role, which counts from the next request on; the row stays, inactive. Repeating it changes nothing.
 * Contract 04 sections 5.1, 5.7. @throws OrchestratorError `forbidden`, `binding_unknown`, `last_owner`.
 */
export async function withdrawRole(
  deps: RoleAdminDeps,
  call: ManageCall,
  id: string,
): Promise<void> {
  requireAction(call.principal, 'rbac.manage');
  await deps.transact(async (transaction) => {
    await transaction.owners.lock();
    const binding = await transaction.lock(id);
    if (binding === undefined) {
      throw new OrchestratorError('binding_unknown', 'no such grant; list them to find the id');
    }
    requireGrantable(call.principal, binding.role);
    const at = deps.clock.now();
    const { projectId } = binding;
    if (binding.isActive) {
      await transaction.deactivate(id, actorOf(call.principal), at);
      if (binding.role === 'owner' && projectId === undefined) {
        await requireOwnerLeft(transaction.owners);
      }
    }
    const on = { type: 'role_binding', id, ...(projectId !== undefined && { projectId }) } as const;
    const change = { operation: 'role_bindings.delete', statusCode: 204, on };
    await transaction.audit.append([changeRow(call, change, at)]);
  });
}
