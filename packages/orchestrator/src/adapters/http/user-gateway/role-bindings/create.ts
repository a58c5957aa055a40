import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type RoleAdminDeps, grantRole } from '../../../../app/access/grant-role.ts';
import type { CallerGuard } from '../caller.ts';
import { manageCall } from '../manage-call.ts';

/** `POST /v1/role-bindings`: 201 for a grant, 200 when it was there already. Contract 04 section 5.7. */
export function bindCreateRoleBinding(
  server: HttpServer,
  guard: CallerGuard,
  deps: RoleAdminDeps,
): void {
  bindRoute(server, gatewayRoutes.createRoleBinding, {
    guard,
    handle: async ({ caller, headers, body }) => {
      const { binding, isNew } = await grantRole(deps, manageCall(caller, headers), body);
      caller.call.written = true;
      return { status: isNew ? 201 : 200, body: binding };
    },
  });
}
