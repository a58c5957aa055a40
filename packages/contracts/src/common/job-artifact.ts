import { z } from 'zod';

/**
 * A file that a job left in `/job/artifacts`. Its bytes are in the job's archive under `ref`; one that could not be
 * kept has `error` instead. See docs/reference/worker-api.md#artifacts.
 */
export const jobArtifactSchema = z.object({
  /** Path below the folder. */
  name: z.string(),
  content_type: z.string(),
  size_bytes: z.int().nonnegative(),
  /** Hash of the bytes. */
  ref: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .optional(),
  executable: z.boolean().optional(),
  error: z.string().optional(),
});

export type JobArtifact = z.infer<typeof jobArtifactSchema>;
