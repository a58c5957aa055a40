import type { Route } from '@cynodeai/contracts/common';
import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, type RouteBinding, bindRoute } from '@cynodeai/runtime/http';
import { WorkerError } from '../../domain/errors.ts';
import type { JobService } from '../../app/jobs/job-service.ts';
import { type ReadinessView, requireReady, requireToken, type TokenSource } from './guards.ts';

export interface StageInputFileRouteDeps {
  readonly config: TokenSource;
  readonly readiness: ReadinessView;
  readonly jobs: Pick<JobService, 'stage' | 'stageFolder' | 'reuseFolder'>;
}

/**
 * `PUT /v1/worker/jobs/{job_id}/input-files` and `…/folder`: what does not fit into `jobs:run`, streamed to disk. See docs/reference/worker-api.md#input-files.
 */
export function bindStaging(server: HttpServer, deps: StageInputFileRouteDeps): void {
  const { jobs, readiness, config } = deps;
  const guard: RouteBinding<Route, void>['guard'] = (request) => {
    requireToken(config, request.headers.authorization);
    requireReady(readiness);
  };
  bindRoute(server, workerApiRoutes.stageFolder, {
    guard,
    handle: async ({ params, query, content }) => {
      await jobs.stageFolder(params.job_id, query.folder, content.chunks);
      return { status: 204 };
    },
  });
  bindRoute(server, workerApiRoutes.reuseFolder, {
    guard,
    handle: async ({ params, query }) => {
      if (await jobs.reuseFolder(params.job_id, query.folder)) return { status: 204 };
      throw new WorkerError('not_found', 'the node has no such folder: send it');
    },
  });
  bindRoute(server, workerApiRoutes.stageInputFile, {
    guard,
    handle: async ({ params, query, content }) => {
      await jobs.stage(params.job_id, query, content.chunks);
      return { status: 204 };
    },
  });
}
