import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type PruneTasksDeps, pruneTasks } from '../../../../app/tasks/prune-tasks.ts';
import type { CallerGuard } from '../caller.ts';

/** `POST /v1/tasks/prune`. See docs/reference/tasks-and-jobs.md#prune. */
export function bindPruneTasks(server: HttpServer, guard: CallerGuard, deps: PruneTasksDeps): void {
  bindRoute(server, gatewayRoutes.pruneTasks, {
    guard,
    handle: async ({ caller, body }) => {
      const { kind, value } = await pruneTasks(deps, caller, body);
      return { status: caller.call.answers(kind), body: value };
    },
  });
}
