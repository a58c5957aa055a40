import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { taskReference } from '../../../../app/tasks/find-task.ts';
import { type TaskResultDeps, getTaskResult } from '../../../../app/tasks/get-task-result.ts';
import type { CallerTasks } from '../../../../ports/tasks.ts';
import type { CallerGuard } from '../caller.ts';

const route = gatewayRoutes.getTaskResult;

export interface BindTaskResultDeps extends TaskResultDeps {
  readonly callerTasks: Pick<CallerTasks, 'findWithJobs'>;
}

/**
 * `GET /v1/tasks/{id}/result`; `stopping` ends every wait.
 * See docs/reference/tasks-and-jobs.md#results.
 */
export function bindTaskResult(
  server: HttpServer,
  guard: CallerGuard,
  deps: BindTaskResultDeps,
  stopping: AbortSignal,
): void {
  const reading = guard.reading(route, (session, now, { params }) =>
    deps.callerTasks.findWithJobs(session, now, taskReference(session.userId, params.id)),
  );
  bindRoute(server, route, {
    guard: reading,
    handle: async ({ caller: { call, found }, query, signal }) => {
      const { task, result } = await getTaskResult(
        deps,
        found,
        (query.wait ?? 0) * 1000,
        AbortSignal.any([signal, stopping]),
      );
      call.resourceId = task.id;
      call.projectId = task.projectId;
      return { status: 200, body: result };
    },
  });
}
