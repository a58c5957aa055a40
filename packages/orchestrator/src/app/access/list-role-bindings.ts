import type { RoleBinding, RoleName } from '@cynodeai/contracts/gateway';
import type { UserActor } from '../../domain/identity/actor.ts';
import { roleBindingView } from '../../domain/identity/role-binding.ts';
import type { Seal } from '../../domain/tasks/page-cursor.ts';
import type { RoleBindingReader } from '../../ports/role-bindings.ts';
import { type PageRequest, readPage } from './page.ts';
import { requireAction } from './require-action.ts';

export interface ListRoleBindingsDeps {
  readonly bindings: RoleBindingReader;
  readonly seal: Seal;
}

export interface ListRoleBindingsRequest extends PageRequest {
  readonly subject_type?: 'user' | 'group' | undefined;
  readonly subject_id?: string | undefined;
  readonly role?: RoleName | undefined;
  readonly scope_type?: 'system' | 'project' | undefined;
  readonly scope_id?: string | undefined;
}

/**
 * One page of grants, withdrawn ones too, newest first.
 * See docs/reference/identity-and-policy.md#grants.
 * @throws OrchestratorError `forbidden`, `input_invalid`.
 */
export async function listRoleBindings(
  deps: ListRoleBindingsDeps,
  actor: UserActor,
  request: ListRoleBindingsRequest,
): Promise<{ bindings: RoleBinding[]; next_cursor?: string }> {
  requireAction(actor, 'rbac.manage');
  const page = await readPage(request, deps.seal, (paging) =>
    deps.bindings.list({
      subjectType: request.subject_type,
      subjectId: request.subject_id,
      role: request.role,
      scopeType: request.scope_type,
      projectId: request.scope_id,
      ...paging,
    }),
  );
  return {
    bindings: page.rows.map(roleBindingView),
    ...(page.next !== undefined && { next_cursor: page.next }),
  };
}
