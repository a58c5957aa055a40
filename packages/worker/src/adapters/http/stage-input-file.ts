import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { JobService } from '../../app/jobs/job-service.ts';
import { type ReadinessView, requireReady, requireToken, type TokenSource } from './guards.ts';

export interface StageInputFileRouteDeps {
  readonly config: TokenSource;
  readonly readiness: ReadinessView;
  readonly jobs: Pick<JobService, 'stage'>;
}

/**
 * `PUT /v1/worker/jobs/{job_id}/input-files`: an input file that does not fit into `jobs:run`,
 * streamed to disk. See docs/reference/worker-api.md#input-files.
 */
export function bindStageInputFile(server: HttpServer, deps: StageInputFileRouteDeps): void {
  const { jobs, readiness, config } = deps;
  bindRoute(server, workerApiRoutes.stageInputFile, {
    guard: (request) => {
      requireToken(config, request.headers.authorization);
      requireReady(readiness);
    },
    handle: async ({ params, query, content }) => {
      await jobs.stage(params.job_id, query, content.chunks);
      return { status: 204 };
    },
  });
}
