import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { requireReadable, taskReference } from '../../../../app/tasks/find-task.ts';
import { taskView } from '../../../../domain/tasks/task-record.ts';
import type { CallerTasks } from '../../../../ports/tasks.ts';
import type { CallerGuard } from '../caller.ts';

const route = gatewayRoutes.getTask;

/** `GET /v1/tasks/{id}`. See docs/reference/tasks-and-jobs.md#read-a-task. */
export function bindGetTask(
  server: HttpServer,
  guard: CallerGuard,
  tasks: Pick<CallerTasks, 'find'>,
): void {
  const reading = guard.reading(route, (session, now, { params }) =>
    tasks.find(session, now, taskReference(session.userId, params.id)),
  );
  bindRoute(server, route, {
    guard: reading,
    handle: async ({ caller: { actor, call, found } }) => {
      const task = requireReadable(actor, found.task);
      call.resourceId = task.id;
      call.projectId = task.projectId;
      return { status: 200, body: taskView(task) };
    },
  });
}
