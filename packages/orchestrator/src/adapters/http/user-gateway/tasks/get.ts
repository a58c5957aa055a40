import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { findTask } from '../../../../app/tasks/find-task.ts';
import { taskView } from '../../../../domain/tasks/task-record.ts';
import type { TaskReader } from '../../../../ports/tasks.ts';
import type { CallerGuard } from '../caller.ts';

/** `GET /v1/tasks/{id}`. Contract 04 section 9.5. */
export function bindGetTask(server: HttpServer, guard: CallerGuard, tasks: TaskReader): void {
  bindRoute(server, gatewayRoutes.getTask, {
    guard,
    handle: async ({ caller: { actor, call }, params }) => {
      const task = await findTask(tasks, actor, params.id);
      call.resourceId = task.id;
      call.projectId = task.projectId;
      return { status: 200, body: taskView(task) };
    },
  });
}
