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
