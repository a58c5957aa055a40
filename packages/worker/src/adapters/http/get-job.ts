import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { JobService } from '../../app/jobs/job-service.ts';
import { requireToken, type TokenSource } from './guards.ts';

/**
 * `GET /v1/worker/jobs/{job_id}`, answered whether the node is ready or not.
 * See docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
export function bindGetJob(
  server: HttpServer,
  config: TokenSource,
  jobs: Pick<JobService, 'get'>,
): void {
  bindRoute(server, workerApiRoutes.getJob, {
    guard: (request) => requireToken(config, request.headers.authorization),
    handle: ({ params }) => ({ status: 200, body: jobs.get(params.job_id) }),
  });
}
