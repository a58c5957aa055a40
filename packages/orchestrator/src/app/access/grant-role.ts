import type { CreateRoleBindingRequest, RoleBinding } from '@cynodeai/contracts/gateway';
import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { Principal, RoleName } from '../../domain/identity/principal.ts';
import { roleBindingView } from '../../domain/identity/role-binding.ts';
import { mayGrant } from '../../domain/identity/role-map.ts';
import type { TransactRoleBindings } from '../../ports/role-bindings.ts';
import { type ManageCall, actorOf, changeRow } from './manage-call.ts';
import { requireAction } from './require-action.ts';

export interface RoleAdminDeps {
  readonly transact: TransactRoleBindings;
  readonly clock: Clock;
}

/** Refuses a role above the caller's own. Contract 04 section 5.3. @throws OrchestratorError `forbidden`. */
export function requireGrantable(principal: Principal, role: RoleName): void {
  requireAction(principal, 'rbac.manage');
  if (mayGrant(principal, role)) return;
  throw new OrchestratorError(
    'forbidden',
    `the role ${role} is above your own; ask somebody who holds it`,
  );
}

/** A grant as it is now; `isNew` is false when it was there already. */
export interface GrantedRole {
  readonly binding: RoleBinding;
  readonly isNew: boolean;
}

/**
 * Grants a role; one that was withdrawn is granted again under its old id. It counts from the next request on.
 * Contract 04 section 5.7, REQ-ACCESS-0112. @throws OrchestratorError `forbidden`, `grant_target_unknown`.
 */
export function grantRole(
  deps: RoleAdminDeps,
  call: ManageCall,
  request: CreateRoleBindingRequest,
): Promise<GrantedRole> {
  requireGrantable(call.principal, request.role);
  return deps.transact(async (transaction) => {
    const at = deps.clock.now();
    const granted = await transaction.grant({
      subjectType: request.subject_type,
      subjectId: request.subject_id,
      role: request.role,
      projectId: request.scope_id,
      actor: actorOf(call.principal),
      at,
    });
    if (granted === undefined) {
      throw new OrchestratorError(
        'grant_target_unknown',
        'no such user, group or project; check subject_id and scope_id',
      );
    }
    const { binding, isNew } = granted;
    const change = {
      operation: 'role_bindings.create',
      statusCode: isNew ? 201 : 200,
      on: {
        type: 'role_binding',
        id: binding.id,
        ...(binding.projectId !== undefined && { projectId: binding.projectId }),
      },
    } as const;
    await transaction.audit.append([changeRow(call, change, at)]);
    return { binding: roleBindingView(binding), isNew };
  });
}
