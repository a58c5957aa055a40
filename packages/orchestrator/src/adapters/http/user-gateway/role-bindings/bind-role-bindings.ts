import type { HttpServer } from '@cynodeai/runtime/http';
import type { RoleAdminDeps } from '../../../../app/access/grant-role.ts';
import type { ListRoleBindingsDeps } from '../../../../app/access/list-role-bindings.ts';
import type { CallerGuard } from '../caller.ts';
import { bindCreateRoleBinding } from './create.ts';
import { bindDeleteRoleBinding } from './delete.ts';
import { bindListRoleBindings } from './list.ts';

/** What the routes on grants are made of. */
export type RoleBindingParts = RoleAdminDeps & ListRoleBindingsDeps;

/** Serves every route on grants of roles. */
export function bindRoleBindings(
  server: HttpServer,
  guard: CallerGuard,
  parts: RoleBindingParts,
): void {
  bindListRoleBindings(server, guard, parts);
  bindCreateRoleBinding(server, guard, parts);
  bindDeleteRoleBinding(server, guard, parts);
}
