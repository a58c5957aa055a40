import { type ModelList, workerApiRoutes } from '@cynodeai/contracts/worker-api';
import type { Secret } from '@cynodeai/runtime/config';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { ModelLoads } from '../../app/inference/model-loads.ts';
import type { ModelState } from '../../domain/inference/models.ts';
import { type ReadinessView, requireReady, requireToken } from './guards.ts';

export interface ListModelsDeps {
  readonly token: Secret;
  readonly readiness: ReadinessView;
  readonly models: Pick<ModelLoads, 'list'>;
}

function onWire(model: ModelState): ModelList['models'][number] {
  const { modelRef, status, error, progress } = model;
  return {
    model_ref: modelRef,
    status,
    ...(error !== undefined && { error }),
    ...(progress !== undefined && {
      completed_bytes: progress.completedBytes,
      total_bytes: progress.totalBytes,
    }),
  };
}

/** `GET /v1/worker/inference/models`, with the progress of what is being fetched. Contract 03 section 5.10. */
export function bindListModels(server: HttpServer, deps: ListModelsDeps): void {
  const { token, readiness, models } = deps;
  bindRoute(server, workerApiRoutes.listModels, {
    guard: (request) => {
      requireToken(token, request.headers.authorization);
      requireReady(readiness);
    },
    handle: async () => ({
      status: 200,
      body: { version: 1 as const, models: (await models.list()).map(onWire) },
    }),
  });
}
