import { z } from 'zod';

/**
 * The six states a task shows; the database's `pending` is `queued` here.
 * See docs/reference/tasks-and-jobs.md#task-states.
 */
export const taskStatusSchema = z.enum([
  'queued',
  'running',
  'completed',
  'failed',
  'canceled',
  'superseded',
]);

/** States a task never leaves. */
export const terminalTaskStatuses = ['completed', 'failed', 'canceled', 'superseded'] as const;

/** Job states. See docs/reference/tasks-and-jobs.md#job-states. */
export const jobStatusSchema = z.enum([
  'queued',
  'running',
  'completed',
  'failed',
  'canceled',
  'lease_expired',
]);

export type TaskStatus = z.infer<typeof taskStatusSchema>;
export type JobStatus = z.infer<typeof jobStatusSchema>;

/** True for a state that a task never leaves. */
export function isTerminalTaskStatus(status: TaskStatus): boolean {
  return (terminalTaskStatuses as readonly TaskStatus[]).includes(status);
}
