import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type ListUsersDeps, listUsers } from '../../../../app/users/list-users.ts';
import type { CallerGuard } from '../caller.ts';

/** `GET /v1/users`. See docs/reference/identity-and-policy.md#user-administration. */
export function bindListUsers(server: HttpServer, guard: CallerGuard, deps: ListUsersDeps): void {
  bindRoute(server, gatewayRoutes.listUsers, {
    guard,
    handle: async ({ caller, query }) => ({
      status: 200,
      body: await listUsers(deps, caller.actor, query),
    }),
  });
}
