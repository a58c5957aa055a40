import { type ReadinessReason, healthRoutes } from '@cynodeai/contracts/common';
import type { Secret } from '../config/secret.ts';
import type { Collector } from '../observe/index.ts';
import { anyone, bindRoute } from './bind-route.ts';
import { ProblemError } from './problem-error.ts';
import { bindMetrics } from './metrics.ts';
import { bindProofRoute } from './proof.ts';
import type { HttpServer } from './server.ts';

/**
 * `/healthz` (always `ok`, touches nothing) and `/readyz`: `ready` when no reason is given, else
 * 503 whose detail is the first reason; `/metrics`; with a key also the proof of whose server it is.
 * See docs/reference/processes.md#readiness.
 */
export function bindHealthRoutes(
  server: HttpServer,
  readiness: () => Promise<readonly ReadinessReason[]>,
  proofKey?: Secret,
  collectors: readonly Collector[] = [],
): void {
  bindProofRoute(server, proofKey);
  bindMetrics(server, collectors);
  bindRoute(server, healthRoutes.healthz, {
    guard: anyone,
    handle: () => ({ status: 200, body: 'ok' }),
  });
  bindRoute(server, healthRoutes.readyz, {
    guard: anyone,
    handle: async () => {
      const reasons = await readiness();
      const [first] = reasons;
      if (first === undefined) return { status: 200, body: 'ready' };
      throw new ProblemError('not_ready', first.message, { reasons });
    },
  });
}
