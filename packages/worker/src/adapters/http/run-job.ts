import { workerApiRoutes } from '@cynodeai/contracts';
import type { Secret } from '@cynodeai/runtime/config';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { JobService } from '../../app/jobs/job-service.ts';
import { type ReadinessView, requireReady, requireToken } from './guards.ts';

export interface RunJobRouteDeps {
  readonly token: Secret;
  readonly readiness: ReadinessView;
  readonly jobs: Pick<JobService, 'run' | 'release'>;
}

/**
 * `POST /v1/worker/jobs:run`, checked in the contract's order: token, readiness, size and schema here, then
 * policy, capacity, duplicate and inference by the job service. A client that leaves does not end its job; the job's
 * directory goes when the answer was written or the connection is lost. Contract 03 sections 5.4 and 5.8.
 */
export function bindRunJob(server: HttpServer, deps: RunJobRouteDeps): void {
  const { jobs, readiness, token } = deps;
  bindRoute(server, workerApiRoutes.runJob, {
    guard: (request) => {
      requireToken(token, request.headers.authorization);
      requireReady(readiness);
    },
    handle: async ({ body }) => {
      const result = await jobs.run(body);
      return { status: 200, body: result, afterSent: () => void jobs.release(body.job_id) };
    },
  });
}
