import { z } from 'zod';
import { payloadVersionSchema, uuidSchema } from '../common/primitives.ts';

/** Body of `jobs:stop`; `grace_seconds` lies between SIGTERM and kill, 30 when absent. Contract 03 section 5.9. */
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

/** Names of the jobs that were stopped, and of those that resisted. Contract 03 section 5.9. */
export const stopAllResponseSchema = z.object({
  version: payloadVersionSchema,
  stopped: z.array(z.string()),
  failed: z.array(z.string()),
});

export type StopAllResponse = z.infer<typeof stopAllResponseSchema>;
