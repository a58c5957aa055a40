import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type ArtifactDeps, listArtifacts } from '../../../../app/tasks/list-artifacts.ts';
import type { CallerGuard } from '../caller.ts';

/** `GET /v1/tasks/{id}/artifacts`. See docs/reference/tasks-and-jobs.md#artifacts. */
export function bindListArtifacts(
  server: HttpServer,
  guard: CallerGuard,
  deps: ArtifactDeps,
): void {
  bindRoute(server, gatewayRoutes.listTaskArtifacts, {
    guard,
    handle: async ({ caller: { actor, call }, params, query }) => {
      const body = await listArtifacts(deps, actor, { ...params, ...query });
      call.resourceId = body.task_id;
      return { status: 200, body };
    },
  });
}
