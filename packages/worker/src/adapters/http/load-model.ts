import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { ModelLoads } from '../../app/inference/model-loads.ts';
import { type ReadinessView, requireReady, requireToken, type TokenSource } from './guards.ts';

export interface LoadModelDeps {
  readonly config: TokenSource;
  readonly readiness: ReadinessView;
  readonly models: Pick<ModelLoads, 'load'>;
}

/**
 * `POST /v1/worker/inference/models:load`: 200 when the model is there, 202 while it is fetched.
 * See docs/reference/worker-api.md#models.
 */
export function bindLoadModel(server: HttpServer, deps: LoadModelDeps): void {
  const { config, readiness, models } = deps;
  bindRoute(server, workerApiRoutes.loadModel, {
    guard: (request) => {
      requireToken(config, request.headers.authorization);
      requireReady(readiness);
    },
    handle: async ({ body }) => {
      const { model_ref } = body;
      const status = await models.load(model_ref);
      return {
        status: status === 'available' ? 200 : 202,
        body: { version: 1 as const, model_ref, status },
      };
    },
  });
}
