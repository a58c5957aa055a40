import { type ModelList, workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { ModelLoads } from '../../app/inference/model-loads.ts';
import { type ModelState, traitsOnWire } from '../../domain/inference/models.ts';
import { type ReadinessView, requireReady, requireToken, type TokenSource } from './guards.ts';

export interface ListModelsDeps {
  readonly config: TokenSource;
  readonly readiness: ReadinessView;
  readonly models: Pick<ModelLoads, 'list'>;
}

function onWire(model: ModelState): ModelList['models'][number] {
  const { modelRef, status, error, progress, traits } = model;
  return {
    model_ref: modelRef,
    status,
    ...(error !== undefined && { error }),
    ...traitsOnWire(traits),
    ...(progress !== undefined && {
      completed_bytes: progress.completedBytes,
      total_bytes: progress.totalBytes,
    }),
  };
}

/**
 * `GET /v1/worker/inference/models`, with the progress of what is being fetched.
 * See docs/reference/worker-api.md#models.
 */
export function bindListModels(server: HttpServer, deps: ListModelsDeps): void {
  const { config, readiness, models } = deps;
  bindRoute(server, workerApiRoutes.listModels, {
    guard: (request) => {
      requireToken(config, request.headers.authorization);
      requireReady(readiness);
    },
    handle: async () => ({
      status: 200,
      body: { version: 1 as const, models: (await models.list()).map(onWire) },
    }),
  });
}
