import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type ListTasksDeps, listTasks, readTaskPage } from '../../../../app/tasks/list-tasks.ts';
import type { CallerGuard } from '../caller.ts';

const route = gatewayRoutes.listTasks;

/** `GET /v1/tasks`. See docs/reference/tasks-and-jobs.md#read-a-task. */
export function bindListTasks(server: HttpServer, guard: CallerGuard, deps: ListTasksDeps): void {
  const reading = guard.reading(route, (session, now, { query }) =>
    readTaskPage(deps, session, now, query),
  );
  bindRoute(server, route, {
    guard: reading,
    handle: async ({ caller: { found }, query }) => ({
      status: 200,
      body: await listTasks(deps, found, query),
    }),
  });
}
