import { z } from 'zod';
import { healthRoutes } from '../common/health.ts';
import { defineRoute } from '../common/route.ts';

/** Health and the API's own description. */
export const metaRoutes = {
  ...healthRoutes,
  openapi: defineRoute({
    operation: 'meta.openapi',
    method: 'GET',
    path: '/v1/openapi.json',
    auth: 'none',
    summary: 'This API as an OpenAPI 3.1 document',
    success: { 200: { kind: 'json', schema: z.record(z.string(), z.unknown()) } },
    errors: [],
  }),
} as const;
