import { z } from 'zod';
import { bodyErrors } from '../common/body-errors.ts';
import { defineRoute } from '../common/route.ts';
import { adminErrors } from './fields.ts';

const century = 36_525 * 86_400;

/** Body of `POST /v1/tasks/prune`. */
export const taskPruneRequestSchema = z.strictObject({
  /** Seconds since a task's end. */
  older_than_seconds: z.int().min(0).max(century),
  /** Only count. */
  dry_run: z.boolean().optional(),
});

/** What went, or with `dry_run` would go; `more` asks to call again. */
export const taskPruneSchema = z.object({
  tasks: z.int().nonnegative(),
  jobs: z.int().nonnegative(),
  files: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  dry_run: z.boolean(),
  more: z.boolean(),
});

export type TaskPruneRequest = z.infer<typeof taskPruneRequestSchema>;
export type TaskPrune = z.infer<typeof taskPruneSchema>;

/** Removing finished tasks. See docs/reference/tasks-and-jobs.md#prune. */
export const taskPruneRoutes = {
  pruneTasks: defineRoute({
    operation: 'tasks.prune',
    method: 'POST',
    path: '/v1/tasks/prune',
    auth: 'user',
    action: 'task.prune',
    resource: 'task',
    summary:
      'Remove up to a hundred finished tasks with results and files, oldest first; needs system role owner or admin',
    body: taskPruneRequestSchema,
    success: { 200: { kind: 'json', schema: taskPruneSchema } },
    errors: [...bodyErrors, ...adminErrors],
  }),
} as const;
