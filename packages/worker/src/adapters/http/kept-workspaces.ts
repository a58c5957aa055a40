import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { JobService } from '../../app/jobs/job-service.ts';
import { requireToken, type TokenSource } from './guards.ts';

/**
 * `/v1/worker/workspaces`, answered whether the node is ready or not.
 * See docs/reference/workspaces.md#on-the-node.
 */
export function bindKeptWorkspaces(
  server: HttpServer,
  config: TokenSource,
  jobs: Pick<JobService, 'workspaces' | 'removeWorkspace'>,
): void {
  bindRoute(server, workerApiRoutes.listKeptWorkspaces, {
    guard: (request) => requireToken(config, request.headers.authorization),
    handle: async () => ({
      status: 200,
      body: { version: 1 as const, workspace_ids: [...(await jobs.workspaces())] },
    }),
  });
  bindRoute(server, workerApiRoutes.removeKeptWorkspace, {
    guard: (request) => requireToken(config, request.headers.authorization),
    handle: async ({ params }) => {
      await jobs.removeWorkspace(params.workspace_id);
      return { status: 204 };
    },
  });
}
