import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { taskReference } from '../../../../app/tasks/find-task.ts';
import { getTaskLogs } from '../../../../app/tasks/get-task-logs.ts';
import type { CallerTasks } from '../../../../ports/tasks.ts';
import type { CallerGuard } from '../caller.ts';

const route = gatewayRoutes.getTaskLogs;

/** `GET /v1/tasks/{id}/logs`. See docs/reference/tasks-and-jobs.md#results. */
export function bindTaskLogs(
  server: HttpServer,
  guard: CallerGuard,
  tasks: Pick<CallerTasks, 'findWithJobs'>,
): void {
  const reading = guard.reading(route, (session, now, { params }) =>
    tasks.findWithJobs(session, now, taskReference(session.userId, params.id)),
  );
  bindRoute(server, route, {
    guard: reading,
    handle: ({ caller: { call, found }, query }) => {
      const body = getTaskLogs(found, query.stream ?? 'all');
      call.resourceId = body.task_id;
      return { status: 200, body };
    },
  });
}
