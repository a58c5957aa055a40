import { z } from 'zod';
import { folderRefSchema } from '../common/folder-ref.ts';
import { limits } from '../common/limits.ts';
import { defineRoute } from '../common/route.ts';

/** A folder that the caller sent: its archive's name, and what is in it. See docs/reference/folders.md#the-archive. */
export const folderSchema = z.object({
  folder: folderRefSchema,
  size_bytes: z.int().nonnegative(),
  /** Files, links and folders. */
  entries: z.int().nonnegative(),
});

export type Folder = z.infer<typeof folderSchema>;

/** Folders on their way into tasks. See docs/reference/folders.md. */
export const folderRoutes = {
  createFolder: defineRoute({
    operation: 'folders.create',
    method: 'POST',
    path: '/v1/folders',
    auth: 'user',
    action: 'task.create',
    resource: 'folder',
    summary:
      'Store a folder, sent as a tar archive, for tasks of the caller; repeating it is harmless',
    streamed: 'application/octet-stream',
    streamedLimitBytes: limits.folderArchiveBytes,
    success: { 201: { kind: 'json', schema: folderSchema } },
    errors: [
      'validation',
      'payload_too_large',
      'unsupported_media_type',
      'authentication',
      'authorization',
      'insufficient_storage',
    ],
  }),
  getFolder: defineRoute({
    operation: 'folders.get',
    method: 'GET',
    path: '/v1/folders/{folder}',
    auth: 'user',
    action: 'task.create',
    resource: 'folder',
    summary:
      'Whether a folder of the caller is stored; it stays for a day from now on, unless a setting says otherwise',
    params: z.object({ folder: folderRefSchema }),
    success: { 200: { kind: 'json', schema: folderSchema } },
    errors: ['validation', 'authentication', 'authorization', 'not_found'],
  }),
} as const;
