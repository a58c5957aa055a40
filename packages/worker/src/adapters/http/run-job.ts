import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, type RouteAnswer, bindRoute } from '@cynodeai/runtime/http';
import type { JobService } from '../../app/jobs/job-service.ts';
import { type ReadinessView, requireReady, requireToken, type TokenSource } from './guards.ts';

export interface RunJobRouteDeps {
  readonly config: TokenSource;
  readonly readiness: ReadinessView;
  readonly jobs: Pick<JobService, 'run' | 'submit'>;
}

/** Whether the caller asks for an answer before the job has ended (RFC 7240). */
export function prefersAsync(prefer: string | readonly string[] | undefined): boolean {
  const preferences = [prefer ?? []].flat().join(',').split(',');
  return preferences.some((entry) => /^respond-async\s*(?:;|$)/i.test(entry.trim()));
}

/**
 * `POST /v1/worker/jobs:run`, checked in this order: token, readiness, size and schema here, then
 * policy, capacity, duplicate and inference by the job service. A client that leaves does not end
 * its job. `Prefer: respond-async` gets 202 while the job has not ended.
 * See docs/reference/worker-api.md#run-a-job and
 * docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
export function bindRunJob(server: HttpServer, deps: RunJobRouteDeps): void {
  const { jobs, readiness, config } = deps;
  bindRoute(server, workerApiRoutes.runJob, {
    guard: (request) => {
      requireToken(config, request.headers.authorization);
      requireReady(readiness);
    },
    handle: async ({ body, headers }): Promise<RouteAnswer<typeof workerApiRoutes.runJob>> => {
      if (!prefersAsync(headers['prefer'])) return { status: 200, body: await jobs.run(body) };
      const end = await jobs.submit(body);
      const applied = { headers: { 'preference-applied': 'respond-async' } };
      if (end !== 'accepted') return { status: 200, body: end, ...applied };
      const { task_id, job_id } = body;
      return { status: 202, body: { version: 1, task_id, job_id, status: end }, ...applied };
    },
  });
}
