import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type TaskResultDeps, getTaskResult } from '../../../../app/tasks/get-task-result.ts';
import type { CallerGuard } from '../caller.ts';

/** `GET /v1/tasks/{id}/result`; `stopping` ends every wait. Contract 04 sections 9.5, 9.6. */
export function bindTaskResult(
  server: HttpServer,
  guard: CallerGuard,
  deps: TaskResultDeps,
  stopping: AbortSignal,
): void {
  bindRoute(server, gatewayRoutes.getTaskResult, {
    guard,
    handle: async ({ caller: { actor, call }, params, query, signal }) => {
      const { task, result } = await getTaskResult(
        deps,
        actor,
        { id: params.id, waitMs: (query.wait ?? 0) * 1000 },
        AbortSignal.any([signal, stopping]),
      );
      call.resourceId = task.id;
      call.projectId = task.projectId;
      return { status: 200, body: result };
    },
  });
}
