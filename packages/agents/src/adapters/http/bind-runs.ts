import { agentsRoutes } from '@cynodeai/contracts/agents';
import type { Secret } from '@cynodeai/runtime/config';
import { type HttpServer, ProblemError, bindRoute, hasBearer } from '@cynodeai/runtime/http';
import type { TaskRuns } from '../../app/task-runs.ts';

/** Where the control plane tells of tasks. See docs/reference/workflow.md#nudge. */
export function bindRuns(server: HttpServer, token: Secret, runs: Pick<TaskRuns, 'nudge'>): void {
  bindRoute(server, agentsRoutes.runTask, {
    guard: (request) => {
      if (hasBearer(request, token)) return;
      throw new ProblemError('authentication', 'this is not the token of what runs workflows');
    },
    handle: ({ body }) => {
      if (runs.nudge(body.task_id, body.trigger)) return { status: 202 };
      throw new ProblemError('unavailable', 'no more tasks are taken here; tell of it again');
    },
  });
}
