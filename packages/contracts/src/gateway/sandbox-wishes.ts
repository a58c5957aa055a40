import { z } from 'zod';
import { secretNameSchema } from '../common/job-secret.ts';
import { limits } from '../common/limits.ts';
import { textSchema } from '../common/primitives.ts';
import { workspaceNameSchema } from '../common/workspace-name.ts';

/**
 * What a script or commands may ask of their sandbox; the rules on names and sizes are the server's.
 * See docs/reference/tasks-and-jobs.md#create.
 */
export const sandboxWishFields = {
  /** An image reference, or the name of a variant that was made on a node. */
  image: textSchema.min(1).max(limits.indexedTextChars).optional(),
  env: z.record(z.string(), textSchema).optional(),
  /** Names of the creator's secrets, each a file of the job. */
  secrets: z.array(secretNameSchema).max(limits.secretsPerJob).optional(),
  /** Name of the creator's workspace that is kept between tasks; the first task that names one makes it. */
  workspace: workspaceNameSchema.optional(),
};
