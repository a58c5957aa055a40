import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, type RouteAnswer, bindRoute } from '@cynodeai/runtime/http';
import type { JobService } from '../../app/jobs/job-service.ts';
import { requireToken, type TokenSource } from './guards.ts';

const defaultGraceSeconds = 30;

/**
 * `POST /v1/worker/jobs:stop`, obeyed whether the node is ready or not.
 * See docs/reference/worker-api.md#stops.
 */
export function bindStopJob(
  server: HttpServer,
  config: TokenSource,
  jobs: Pick<JobService, 'stop'>,
): void {
  bindRoute(server, workerApiRoutes.stopJob, {
    guard: (request) => requireToken(config, request.headers.authorization),
    handle: ({ body }): RouteAnswer<typeof workerApiRoutes.stopJob> => {
      const status = jobs.stop(body.job_id, body.grace_seconds ?? defaultGraceSeconds);
      return { status: status === 'stopping' ? 202 : 200, body: { version: 1, status } };
    },
  });
}
