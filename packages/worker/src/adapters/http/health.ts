import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, anyone, bindRoute } from '@cynodeai/runtime/http';
import type { ReadinessView } from './guards.ts';

/** `/healthz` and `/readyz` in plain text. See docs/reference/nodes.md#readiness-of-a-node. */
export function bindHealth(server: HttpServer, readiness: ReadinessView): void {
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
