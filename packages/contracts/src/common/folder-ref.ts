import { z } from 'zod';

/** Name of the folder in a workspace that holds the job's own files; no folder that is sent may have one. */
export const jobFolderName = '.cynode';

/** SHA-256 of a folder's archive as its name. See docs/reference/folders.md#the-archive. */
export const folderRefSchema = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'must be "sha256:" and 64 hexadecimal digits');
