import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type ListUsersDeps, listUsers } from '../../../../app/users/list-users.ts';
import type { CallerGuard } from '../caller.ts';

/** `GET /v1/users`. Contract 04 section 4.5. */
export function bindListUsers(server: HttpServer, guard: CallerGuard, deps: ListUsersDeps): void {
  bindRoute(server, gatewayRoutes.listUsers, {
    guard,
    handle: async ({ caller, query }) => ({
      status: 200,
      body: await listUsers(deps, caller.actor, query),
    }),
  });
}
