import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type RoleAdminDeps, grantRole } from '../../../../app/access/grant-role.ts';
import type { CallerGuard } from '../caller.ts';

/**
 * `POST /v1/role-bindings`: 201 for a grant, 200 when it was there already.
 * See docs/reference/identity-and-policy.md#grants.
 */
export function bindCreateRoleBinding(
  server: HttpServer,
  guard: CallerGuard,
  deps: RoleAdminDeps,
): void {
  bindRoute(server, gatewayRoutes.createRoleBinding, {
    guard,
    handle: async ({ caller, body }) => {
      const { kind, value } = await grantRole(deps, caller, body);
      return { status: caller.call.answers(kind), body: value };
    },
  });
}
