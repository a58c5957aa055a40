import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type ListTasksDeps, listTasks } from '../../../../app/tasks/list-tasks.ts';
import type { CallerGuard } from '../caller.ts';

/** `GET /v1/tasks`. Contract 04 section 9.5. */
export function bindListTasks(server: HttpServer, guard: CallerGuard, deps: ListTasksDeps): void {
  bindRoute(server, gatewayRoutes.listTasks, {
    guard,
    handle: async ({ caller, query }) => ({
      status: 200,
      body: await listTasks(deps, caller.actor, query),
    }),
  });
}
