import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type CancelTaskDeps, cancelTask } from '../../../../app/tasks/cancel-task.ts';
import type { CallerGuard } from '../caller.ts';

/** `POST /v1/tasks/{id}/cancel`. See docs/reference/tasks-and-jobs.md#cancel. */
export function bindCancelTask(server: HttpServer, guard: CallerGuard, deps: CancelTaskDeps): void {
  bindRoute(server, gatewayRoutes.cancelTask, {
    guard,
    handle: async ({ caller, params }) => {
      const { kind, value } = await cancelTask(deps, caller, params.id);
      return { status: caller.call.answers(kind), body: value };
    },
  });
}
