import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { RoleAdminDeps } from '../../../../app/access/grant-role.ts';
import { withdrawRole } from '../../../../app/access/withdraw-role.ts';
import type { CallerGuard } from '../caller.ts';

/** `DELETE /v1/role-bindings/{id}`. See docs/reference/identity-and-policy.md#grants. */
export function bindDeleteRoleBinding(
  server: HttpServer,
  guard: CallerGuard,
  deps: RoleAdminDeps,
): void {
  bindRoute(server, gatewayRoutes.deleteRoleBinding, {
    guard,
    handle: async ({ caller, params }) => {
      const { kind } = await withdrawRole(deps, caller, params.id);
      return { status: caller.call.answers(kind) };
    },
  });
}
