import { z } from 'zod';
import { versionedBodyErrors } from '../common/body-errors.ts';
import { uuidSchema, payloadVersionSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';

/**
 * Body of `jobs:stop`; `grace_seconds` lies between SIGTERM and kill, 30 when absent.
 * See docs/reference/worker-api.md#stops.
 */
export const stopJobRequestSchema = z.strictObject({
  version: payloadVersionSchema,
  task_id: uuidSchema,
  job_id: uuidSchema,
  grace_seconds: z.int().min(0).max(600).optional(),
});

/** 202 `stopping` while the job still runs, 200 `not_running` when there is nothing to stop. */
export const stopJobResponseSchema = z.object({
  version: payloadVersionSchema,
  status: z.enum(['not_running', 'stopping']),
});

export type StopJobRequest = z.infer<typeof stopJobRequestSchema>;

/** Body of `stop-all-orchestrator-directed`. */
export const stopAllRequestSchema = z.strictObject({ version: payloadVersionSchema });

/**
 * Names of the jobs that were stopped, and of those that resisted.
 * See docs/reference/worker-api.md#stops.
 */
export const stopAllResponseSchema = z.object({
  version: payloadVersionSchema,
  stopped: z.array(z.string()),
  failed: z.array(z.string()),
});

export type StopAllResponse = z.infer<typeof stopAllResponseSchema>;

/** Stops, of one job or of all. See docs/reference/worker-api.md#stops. */
export const stopRoutes = {
  stopJob: defineRoute({
    operation: 'worker.jobs.stop',
    method: 'POST',
    path: '/v1/worker/jobs:stop',
    auth: 'worker',
    summary: 'Stop a running job: SIGTERM, grace, kill',
    body: stopJobRequestSchema,
    success: {
      200: { kind: 'json', schema: stopJobResponseSchema },
      202: { kind: 'json', schema: stopJobResponseSchema },
    },
    errors: [...versionedBodyErrors, 'authentication'],
  }),
  stopAll: defineRoute({
    operation: 'worker.admin.stop-all',
    method: 'POST',
    path: '/v1/worker/admin/stop-all-orchestrator-directed',
    auth: 'worker',
    summary: 'Stop every job the orchestrator started here',
    body: stopAllRequestSchema,
    success: { 200: { kind: 'json', schema: stopAllResponseSchema } },
    errors: [...versionedBodyErrors, 'authentication'],
  }),
} as const;
