import { defineRoute } from './route.ts';

/**
 * Health routes every server has; unauthenticated and without version prefix.
 * See docs/reference/processes.md#readiness and docs/reference/processes.md#health.
 */
export const healthRoutes = {
  healthz: defineRoute({
    operation: 'health.healthz',
    method: 'GET',
    path: '/healthz',
    auth: 'none',
    summary: 'Answers `ok` while the process serves HTTP',
    success: { 200: { kind: 'text' } },
    errors: [],
  }),
  readyz: defineRoute({
    operation: 'health.readyz',
    method: 'GET',
    path: '/readyz',
    auth: 'none',
    summary: 'Answers `ready`, or 503 with the reasons why not',
    success: { 200: { kind: 'text' } },
    errors: ['not_ready'],
  }),
  metrics: defineRoute({
    operation: 'health.metrics',
    method: 'GET',
    path: '/metrics',
    auth: 'none',
    summary:
      'Metrics of the process in the text form of Prometheus, for programs of the same machine',
    success: { 200: { kind: 'text' } },
    errors: ['not_found'],
  }),
} as const;
