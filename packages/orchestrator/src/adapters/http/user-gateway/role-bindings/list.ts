import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import {
  type ListRoleBindingsDeps,
  listRoleBindings,
} from '../../../../app/access/list-role-bindings.ts';
import type { CallerGuard } from '../caller.ts';

/** `GET /v1/role-bindings`. See docs/reference/identity-and-policy.md#grants. */
export function bindListRoleBindings(
  server: HttpServer,
  guard: CallerGuard,
  deps: ListRoleBindingsDeps,
): void {
  bindRoute(server, gatewayRoutes.listRoleBindings, {
    guard,
    handle: async ({ caller, query }) => ({
      status: 200,
      body: await listRoleBindings(deps, caller.actor, query),
    }),
  });
}
