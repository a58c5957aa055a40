import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { getTaskLogs } from '../../../../app/tasks/get-task-logs.ts';
import type { TaskReader } from '../../../../ports/tasks.ts';
import type { CallerGuard } from '../caller.ts';

/** `GET /v1/tasks/{id}/logs`. Contract 04 section 9.5. */
export function bindTaskLogs(server: HttpServer, guard: CallerGuard, tasks: TaskReader): void {
  bindRoute(server, gatewayRoutes.getTaskLogs, {
    guard,
    handle: async ({ caller: { actor, call }, params, query }) => {
      const body = await getTaskLogs(tasks, actor, params.id, query.stream ?? 'all');
      call.resourceId = body.task_id;
      return { status: 200, body };
    },
  });
}
