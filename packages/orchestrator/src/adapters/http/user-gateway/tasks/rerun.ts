import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { canonicalHash } from '@cynodeai/runtime/crypto';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type RerunTaskDeps, rerunTask } from '../../../../app/tasks/rerun-task.ts';
import { actorId } from '../../../../domain/identity/actor.ts';
import type { CallerGuard } from '../caller.ts';
import { idempotencyKey } from '../idempotency-key.ts';

const route = gatewayRoutes.rerunTask;

/** `POST /v1/tasks/{id}/rerun`. See docs/reference/tasks-and-jobs.md#run-again. */
export function bindRerunTask(server: HttpServer, guard: CallerGuard, deps: RerunTaskDeps): void {
  bindRoute(server, route, {
    guard,
    handle: async ({ caller, params: { id }, body: changes, headers }) => {
      const { call } = caller;
      const key = idempotencyKey(headers['idempotency-key']);
      const { method, path } = route;
      const bodyHash = Buffer.from(canonicalHash({ id, changes }), 'hex');
      const once = key && { caller: actorId(caller.actor), method, path, key, bodyHash };
      const { kind, value: task } = await rerunTask(
        deps,
        caller,
        { id, changes },
        once || undefined,
      );
      call.resourceId = task.id;
      call.projectId = task.project_id;
      return {
        status: call.answers(kind),
        body: task,
        headers: { location: `/v1/tasks/${task.id}` },
      };
    },
  });
}
