import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { RoleAdminDeps } from '../../../../app/access/grant-role.ts';
import { withdrawRole } from '../../../../app/access/withdraw-role.ts';
import type { CallerGuard } from '../caller.ts';
import { manageCall } from '../manage-call.ts';

/** `DELETE /v1/role-bindings/{id}`. Contract 04 section 5.7. */
export function bindDeleteRoleBinding(
  server: HttpServer,
  guard: CallerGuard,
  deps: RoleAdminDeps,
): void {
  bindRoute(server, gatewayRoutes.deleteRoleBinding, {
    guard,
    handle: async ({ caller, headers, params }) => {
      await withdrawRole(deps, manageCall(caller, headers), params.id);
      caller.call.written = true;
      return { status: 204 };
    },
  });
}
