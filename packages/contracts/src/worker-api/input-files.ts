import { z } from 'zod';
import { bodyErrors } from '../common/body-errors.ts';
import { folderRefSchema } from '../common/folder-ref.ts';
import { limits } from '../common/limits.ts';
import { base64Schema } from '../common/primitives.ts';
import { relativePathSchema } from '../common/relative-path.ts';
import { defineRoute } from '../common/route.ts';
import { jobRef } from './job-ref.ts';

/** Mode of an input file; `0444` is read-only. */
export const inputFileModeSchema = z.enum(['0644', '0755', '0444']);

/**
 * A file placed in the workspace before the job starts.
 * See docs/reference/worker-api.md#input-files.
 */
export const inputFileSchema = z.strictObject({
  path: relativePathSchema,
  content_base64: base64Schema,
  mode: inputFileModeSchema.optional(),
});

/**
 * Query of a staged upload: where the raw body goes. See docs/reference/worker-api.md#input-files.
 */
export const stagedFileQuerySchema = z.object({
  path: relativePathSchema,
  mode: inputFileModeSchema.optional(),
});

export type StagedFileQuery = z.infer<typeof stagedFileQuerySchema>;
export type InputFile = z.infer<typeof inputFileSchema>;

/** Feature of a node that takes folders. See docs/reference/worker-api.md#input-files. */
export const folderFeature = 'folders';

const stagingErrors = [
  ...bodyErrors,
  'authentication',
  'job_conflict',
  'internal',
  'node_not_ready',
  'node_shutting_down',
] as const;

/** Input files that a request has no room for. See docs/reference/worker-api.md#input-files. */
export const inputFileRoutes = {
  stageInputFile: defineRoute({
    operation: 'worker.jobs.stage-input-file',
    method: 'PUT',
    path: '/v1/worker/jobs/{job_id}/input-files',
    auth: 'worker',
    summary: 'Leave an input file for the first run of a job; repeating it replaces the file',
    params: jobRef,
    query: stagedFileQuerySchema,
    streamed: 'application/octet-stream',
    success: { 204: { kind: 'empty' } },
    errors: stagingErrors,
  }),
  stageFolder: defineRoute({
    operation: 'worker.jobs.stage-folder',
    method: 'PUT',
    path: '/v1/worker/jobs/{job_id}/folder',
    auth: 'worker',
    summary: 'Leave a folder, sent as a tar archive, to be the workspace of the next run of a job',
    params: jobRef,
    query: z.object({ folder: folderRefSchema }),
    streamed: 'application/octet-stream',
    streamedLimitBytes: limits.folderArchiveBytes,
    success: { 204: { kind: 'empty' } },
    errors: stagingErrors,
  }),
  reuseFolder: defineRoute({
    operation: 'worker.jobs.reuse-folder',
    method: 'POST',
    path: '/v1/worker/jobs/{job_id}/folder:reuse',
    auth: 'worker',
    summary: 'The same with a folder that the node has from an earlier job; 404 when it has not',
    params: jobRef,
    query: z.object({ folder: folderRefSchema }),
    success: { 204: { kind: 'empty' } },
    errors: [
      'validation',
      'authentication',
      'not_found',
      'job_conflict',
      'internal',
      'node_not_ready',
      'node_shutting_down',
    ],
  }),
} as const;
