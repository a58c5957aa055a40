import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, ProblemError, bindRoute } from '@cynodeai/runtime/http';
import type { JobService } from '../../app/jobs/job-service.ts';
import { requireToken, type TokenSource } from './guards.ts';

/**
 * `POST /v1/worker/jobs/{job_id}:ack`, obeyed whether the node is ready or not.
 * See docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
export function bindAckJob(
  server: HttpServer,
  config: TokenSource,
  jobs: Pick<JobService, 'acknowledge'>,
): void {
  bindRoute(server, workerApiRoutes.ackJob, {
    guard: (request) => requireToken(config, request.headers.authorization),
    handle: ({ params, body }) => {
      if (params.job_id !== body.job_id) {
        const message = 'must be the id in the path';
        throw new ProblemError('validation', `job_id ${message}`, {
          errors: [{ field: 'job_id', message }],
        });
      }
      jobs.acknowledge(body);
      return { status: 204 };
    },
  });
}
