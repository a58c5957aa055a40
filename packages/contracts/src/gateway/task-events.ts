import { z } from 'zod';
import { timestampSchema, uuidSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';
import { taskRef } from './fields.ts';
import { jobStatusSchema, taskStatusSchema } from './task-status.ts';

/**
 * Data of each event of a task's stream, by event name.
 * See docs/reference/tasks-and-jobs.md#events.
 */
export const taskEventSchemas = {
  'task.status': z.object({ task_id: uuidSchema, status: taskStatusSchema, at: timestampSchema }),
  'job.status': z.object({
    task_id: uuidSchema,
    job_id: uuidSchema,
    status: jobStatusSchema,
    at: timestampSchema,
  }),
  'job.log': z.object({
    task_id: uuidSchema,
    job_id: uuidSchema,
    stream: z.enum(['stdout', 'stderr']),
    text: z.string(),
    /** So many bytes of the stream are left out before this text. */
    omitted_bytes: z.int().nonnegative().optional(),
    /** The stream is no text: its bytes are in the result. */
    binary: z.boolean().optional(),
    /** When the job wrote it, where the node says so. */
    at: timestampSchema.optional(),
  }),
  'workflow.plan': z.object({
    task_id: uuidSchema,
    steps: z.array(
      z.object({
        step_index: z.int().nonnegative(),
        step_id: z.string(),
        title: z.string(),
        kind: z.string(),
      }),
    ),
    planner_degraded: z.boolean(),
    at: timestampSchema,
  }),
  'workflow.step': z.object({
    task_id: uuidSchema,
    step_index: z.int().nonnegative(),
    attempt: z.int().positive(),
    job_id: uuidSchema,
    status: z.enum(['running', 'passed', 'failed']),
    at: timestampSchema,
  }),
  'workflow.verification': z.object({
    task_id: uuidSchema,
    step_index: z.int().nonnegative(),
    attempt: z.int().positive(),
    status: z.enum(['pass', 'fail']),
    /** What was found, in words. */
    findings: z.array(z.string()),
    at: timestampSchema,
  }),
} as const;

export type TaskEventName = keyof typeof taskEventSchemas;

/** One event of a task's stream; `id` is the SSE event id to resume after. */
export type TaskEvent = {
  [N in TaskEventName]: {
    readonly id: string;
    readonly event: N;
    readonly data: z.infer<(typeof taskEventSchemas)[N]>;
  };
}[TaskEventName];

/** The stream of a task. See docs/reference/tasks-and-jobs.md#events. */
export const taskEventRoutes = {
  streamTaskEvents: defineRoute({
    operation: 'tasks.events',
    method: 'GET',
    path: '/v1/tasks/{id}/events',
    auth: 'user',
    action: 'task.read',
    resource: 'task',
    summary: 'Events of a task as server-sent events; resumes after `Last-Event-ID`',
    params: taskRef,
    success: { 200: { kind: 'event-stream' } },
    errors: ['validation', 'authentication', 'authorization', 'not_found'],
  }),
} as const;
