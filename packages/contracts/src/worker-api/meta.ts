import { z } from 'zod';
import { healthRoutes } from '../common/health.ts';
import { defineRoute } from '../common/route.ts';

/** Health and the API's own description. */
export const workerMetaRoutes = {
  healthz: healthRoutes.healthz,
  metrics: healthRoutes.metrics,
  /**
   * Unlike the orchestrator's servers a node gives its reason as plain text.
   * See docs/reference/nodes.md#readiness-of-a-node.
   */
  readyz: defineRoute({
    operation: 'health.readyz',
    method: 'GET',
    path: '/readyz',
    auth: 'none',
    summary: 'Answers `ready`, or 503 with a short reason such as `not ready: container runtime`',
    success: { 200: { kind: 'text' }, 503: { kind: 'text' } },
    errors: [],
  }),
  openapi: defineRoute({
    operation: 'meta.openapi',
    method: 'GET',
    path: '/v1/openapi.json',
    auth: 'worker',
    summary: 'This API as an OpenAPI 3.1 document',
    success: { 200: { kind: 'json', schema: z.record(z.string(), z.unknown()) } },
    errors: ['authentication'],
  }),
} as const;
