import { z } from 'zod';

/** Model states a node reports and the orchestrator stores. Contract 03 section 5.10. */
export const modelAvailabilitySchema = z.enum(['available', 'loading', 'failed', 'evicted']);

export type ModelAvailability = z.infer<typeof modelAvailabilitySchema>;
