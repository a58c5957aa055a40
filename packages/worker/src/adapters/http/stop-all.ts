import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { Log } from '@cynodeai/runtime/observe';
import type { JobService } from '../../app/jobs/job-service.ts';
import { requireToken, type TokenSource } from './guards.ts';

export interface StopAllRouteDeps {
  readonly config: TokenSource;
  readonly jobs: Pick<JobService, 'stopAll'>;
  readonly stopGraceMs: number;
  readonly log: Log;
}

/**
 * `POST /v1/worker/admin/stop-all-orchestrator-directed`: every job ends `failed`; obeyed whether
 * the node is ready or not. See docs/reference/worker-api.md#stops, REQ-WORKER-0261.
 */
export function bindStopAll(server: HttpServer, deps: StopAllRouteDeps): void {
  const { config, jobs, stopGraceMs, log } = deps;
  bindRoute(server, workerApiRoutes.stopAll, {
    guard: (request) => requireToken(config, request.headers.authorization),
    handle: async () => {
      const { stopped, resisted } = await jobs.stopAll(stopGraceMs);
      const fields = { stopped, failed: resisted };
      if (resisted.length === 0) log.info('the orchestrator stopped all jobs', fields);
      else log.error('sandboxes resisted the stop of all jobs', fields);
      return { status: 200, body: { version: 1 as const, ...fields } };
    },
  });
}
