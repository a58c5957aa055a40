import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type CancelTaskDeps, cancelTask } from '../../../../app/tasks/cancel-task.ts';
import type { CallerGuard } from '../caller.ts';

/** `POST /v1/tasks/{id}/cancel`. Contract 04 section 9.5. */
export function bindCancelTask(server: HttpServer, guard: CallerGuard, deps: CancelTaskDeps): void {
  bindRoute(server, gatewayRoutes.cancelTask, {
    guard,
    handle: async ({ caller: { principal, call }, params }) => {
      const body = await cancelTask(deps, principal, params.id, call);
      call.resourceId = body.task_id;
      call.written = true;
      return { status: 200, body };
    },
  });
}
