import { z } from 'zod';
import { uuidSchema } from '../common/primitives.ts';

/** Path of a job. */
export const jobRef = z.object({ job_id: uuidSchema });
