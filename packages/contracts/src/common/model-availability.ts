import { z } from 'zod';

/**
 * Model states a node reports and the orchestrator stores. See docs/reference/worker-api.md#models.
 */
export const modelAvailabilitySchema = z.enum(['available', 'loading', 'failed', 'evicted']);

export type ModelAvailability = z.infer<typeof modelAvailabilitySchema>;
