import { z } from 'zod';
import { timestampSchema, uuidSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';
import { paging, taskRef } from './fields.ts';

/** A stored file of a task; `path` says where it lies in the workspace of the task's jobs. */
export const taskArtifactSchema = z.object({
  artifact_id: uuidSchema,
  name: z.string(),
  path: z.string(),
  content_type: z.string(),
  size_bytes: z.int().nonnegative(),
  created_at: timestampSchema,
  /** It was a program where it comes from. */
  executable: z.boolean().optional(),
});

/**
 * One page of a task's files, newest first; `next_cursor` is absent on the last.
 * See docs/reference/tasks-and-jobs.md#artifacts.
 */
export const taskArtifactListSchema = z.object({
  task_id: uuidSchema,
  task_name: z.string(),
  artifacts: z.array(taskArtifactSchema),
  next_cursor: z.string().optional(),
});

export type TaskArtifact = z.infer<typeof taskArtifactSchema>;
export type TaskArtifactList = z.infer<typeof taskArtifactListSchema>;

/** Files of a task. See docs/reference/tasks-and-jobs.md#artifacts. */
export const taskArtifactRoutes = {
  listTaskArtifacts: defineRoute({
    operation: 'tasks.artifacts.list',
    method: 'GET',
    path: '/v1/tasks/{id}/artifacts',
    auth: 'user',
    action: 'task.read',
    resource: 'task',
    summary: 'Stored files of a task, newest first',
    params: taskRef,
    query: z.object(paging),
    success: { 200: { kind: 'json', schema: taskArtifactListSchema } },
    errors: ['validation', 'authentication', 'authorization', 'not_found'],
  }),
  getTaskArchive: defineRoute({
    operation: 'tasks.artifacts.archive',
    method: 'GET',
    path: '/v1/tasks/{id}/artifacts:archive',
    auth: 'user',
    action: 'task.read',
    resource: 'task',
    summary: 'What the jobs of a task left, as one tar archive',
    params: taskRef,
    success: { 200: { kind: 'bytes' } },
    errors: ['validation', 'authentication', 'authorization', 'not_found'],
  }),
  getTaskArtifact: defineRoute({
    operation: 'tasks.artifacts.get',
    method: 'GET',
    path: '/v1/tasks/{id}/artifacts/{artifact_id}',
    auth: 'user',
    action: 'task.read',
    resource: 'task',
    summary: 'The bytes of a file of a task',
    params: taskRef.extend({ artifact_id: uuidSchema }),
    success: { 200: { kind: 'bytes' } },
    errors: ['validation', 'authentication', 'authorization', 'not_found'],
  }),
} as const;
