import type { CreateRoleBindingRequest, RoleBinding, RoleName } from '@cynodeai/contracts/gateway';
import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import { type UserActor, actorId } from '../../domain/identity/actor.ts';
import { roleBindingView } from '../../domain/identity/role-binding.ts';
import { mayGrant } from '../../domain/identity/role-map.ts';
import type { TransactRoleBindings } from '../../ports/role-bindings.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { requireAction } from './require-action.ts';

export interface RoleAdminDeps {
  readonly transact: TransactRoleBindings;
  readonly clock: Clock;
}

/**
 * Refuses a role above the caller's own. See docs/reference/identity-and-policy.md#actions.
 * @throws OrchestratorError `forbidden`.
 */
export function requireGrantable(actor: UserActor, role: RoleName): void {
  requireAction(actor, 'rbac.manage');
  if (mayGrant(actor, role)) return;
  throw new OrchestratorError(
    'forbidden',
    `the role ${role} is above your own; ask somebody who holds it`,
  );
}

/**
 * Grants a role; one that was withdrawn is granted again under its old id. It counts from the next
 * request on. See docs/reference/identity-and-policy.md#grants, REQ-ACCESS-0112.
 * @throws OrchestratorError `forbidden`, `grant_target_unknown`.
 */
export function grantRole(
  deps: RoleAdminDeps,
  caller: Caller,
  request: CreateRoleBindingRequest,
): Promise<Outcome<'created' | 'unchanged', RoleBinding>> {
  requireGrantable(caller.actor, request.role);
  return deps.transact(async (transaction) => {
    const at = deps.clock.now();
    const granted = await transaction.grant({
      subjectType: request.subject_type,
      subjectId: request.subject_id,
      role: request.role,
      projectId: request.scope_id,
      actor: actorId(caller.actor),
      at,
    });
    if (granted === undefined) {
      throw new OrchestratorError(
        'grant_target_unknown',
        'no such user, group or project; check subject_id and scope_id',
      );
    }
    const { binding, isNew } = granted;
    const kind = isNew ? 'created' : 'unchanged';
    const { id: resourceId, projectId } = binding;
    await record(transaction.audit, caller, { outcome: kind, resourceId, projectId }, at);
    return { kind, value: roleBindingView(binding) };
  });
}
