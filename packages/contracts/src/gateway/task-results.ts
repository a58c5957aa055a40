import { z } from 'zod';
import { limits } from '../common/limits.ts';
import { timestampSchema, uuidSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';
import {
  binaryStreamsSchema,
  runJobResultSchema,
  streamTailsSchema,
} from '../common/run-job-result.ts';
import { wholeNumber, taskRef } from './fields.ts';
import { jobStatusSchema, taskStatusSchema } from './task-status.ts';

/** Of a prompt that a model answered: which one, and what the call took. */
const inferenceSchema = z.object({
  model: z.string(),
  /** `length` and `timeout`: the answer is not whole. */
  finish_reason: z.string().optional(),
  /** What the model thought before it answered; no part of the output. */
  thought_chars: z.int().optional(),
  usage: z
    .object({ input_tokens: z.number(), output_tokens: z.number(), total_tokens: z.number() })
    .optional(),
});

/**
 * What a job ended with: the node's answer, or why the orchestrator could not get one.
 * See docs/reference/tasks-and-jobs.md#results.
 */
export const jobResultSchema = z.union([
  runJobResultSchema.extend({ inference: inferenceSchema.optional() }),
  z.looseObject({
    status: z.literal('failed'),
    error_type: z.string(),
    error_message: z.string(),
    stdout: z.string(),
    stderr: z.string(),
  }),
]);

/**
 * Answer of `GET /v1/tasks/{id}/result`; streams and exit code appear once the task is terminal.
 * See docs/reference/tasks-and-jobs.md#results.
 */
export const taskResultSchema = z.object({
  task_id: uuidSchema,
  task_name: z.string(),
  status: taskStatusSchema,
  summary: z.string().optional(),
  jobs: z.array(
    z.object({
      id: uuidSchema,
      status: jobStatusSchema,
      result: jobResultSchema.optional(),
      started_at: timestampSchema.optional(),
      ended_at: timestampSchema.optional(),
    }),
  ),
  stdout: z.string().optional(),
  stderr: z.string().optional(),
  /** Of the last job whose streams have one. */
  tail: streamTailsSchema.optional(),
  /** Of all jobs joined. */
  binary: binaryStreamsSchema.optional(),
  exit_code: z.int().optional(),
});

/** Which streams `logs` returns. */
export const logStreamSchema = z.enum(['stdout', 'stderr', 'all']);

/** Answer of `GET /v1/tasks/{id}/logs`. */
export const taskLogsSchema = z.object({
  task_id: uuidSchema,
  task_name: z.string(),
  status: taskStatusSchema,
  stream: logStreamSchema,
  stdout: z.string().optional(),
  stderr: z.string().optional(),
  truncated: z.object({ stdout: z.boolean(), stderr: z.boolean() }),
  tail: streamTailsSchema.optional(),
  binary: binaryStreamsSchema.optional(),
});

export type TaskResult = z.infer<typeof taskResultSchema>;
export type TaskLogs = z.infer<typeof taskLogsSchema>;
export type JobResult = z.infer<typeof jobResultSchema>;
export type LogStream = z.infer<typeof logStreamSchema>;

/** What became of a task. See docs/reference/tasks-and-jobs.md#results. */
export const taskResultRoutes = {
  getTaskResult: defineRoute({
    operation: 'tasks.result',
    method: 'GET',
    path: '/v1/tasks/{id}/result',
    auth: 'user',
    action: 'task.read',
    resource: 'task',
    summary: 'Jobs and output of a task; `wait` holds the answer until it is terminal',
    params: taskRef,
    query: z.object({ wait: wholeNumber(0, limits.waitSecondsMax).optional() }),
    success: { 200: { kind: 'json', schema: taskResultSchema } },
    errors: ['validation', 'authentication', 'authorization', 'not_found'],
  }),
  getTaskLogs: defineRoute({
    operation: 'tasks.logs',
    method: 'GET',
    path: '/v1/tasks/{id}/logs',
    auth: 'user',
    action: 'task.read',
    resource: 'task',
    summary: 'Output streams of a task as they are stored',
    params: taskRef,
    query: z.object({ stream: logStreamSchema.optional() }),
    success: { 200: { kind: 'json', schema: taskLogsSchema } },
    errors: ['validation', 'authentication', 'authorization', 'not_found'],
  }),
} as const;
