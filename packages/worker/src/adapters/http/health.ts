import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, anyone, bindMetrics, bindRoute } from '@cynodeai/runtime/http';
import type { Collector } from '@cynodeai/runtime/observe';
import type { ReadinessView } from './guards.ts';

/** `/healthz`, `/readyz` and `/metrics` in plain text. See docs/reference/nodes.md#readiness-of-a-node. */
export function bindHealth(
  server: HttpServer,
  readiness: ReadinessView,
  collectors: readonly Collector[],
): void {
  bindMetrics(server, collectors);
  bindRoute(server, workerApiRoutes.healthz, {
    guard: anyone,
    handle: () => ({ status: 200, body: 'ok' }),
  });
  bindRoute(server, workerApiRoutes.readyz, {
    guard: anyone,
    handle: () => {
      const reason = readiness.reason();
      return reason === undefined
        ? { status: 200, body: 'ready' }
        : { status: 503, body: `not ready: ${reason}` };
    },
  });
}
