import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type DeleteTaskDeps, deleteTask } from '../../../../app/tasks/delete-task.ts';
import type { CallerGuard } from '../caller.ts';

/** `DELETE /v1/tasks/{id}`. See docs/reference/tasks-and-jobs.md#delete. */
export function bindDeleteTask(server: HttpServer, guard: CallerGuard, deps: DeleteTaskDeps): void {
  bindRoute(server, gatewayRoutes.deleteTask, {
    guard,
    handle: async ({ caller, params }) => {
      const { kind, value } = await deleteTask(deps, caller, params.id);
      return { status: caller.call.answers(kind), body: value };
    },
  });
}
