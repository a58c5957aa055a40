import { z } from 'zod';
import { jobTimeouts, limits } from '../common/limits.ts';
import {
  isStorableText,
  textSchema,
  timestampSchema,
  utf8Bytes,
  uuidSchema,
} from '../common/primitives.ts';
import { base64Schema } from '../worker-api/input-file.ts';
import { runJobResultSchema } from '../worker-api/run-job.ts';

/** The six states a task shows; the database's `pending` is `queued` here. Contract 01 section 4.1. */
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

/** Job states. Contract 01 section 4.2. */
export const jobStatusSchema = z.enum([
  'queued',
  'running',
  'completed',
  'failed',
  'canceled',
  'lease_expired',
]);

/** How the text of a task is meant. Contract 01 section 4.3. */
export const inputModeSchema = z.enum(['prompt', 'script', 'commands']);

function isAttachmentName(name: string): boolean {
  return (
    name !== '' &&
    !name.startsWith('.') &&
    !/[/\\]/.test(name) &&
    isStorableText(name) &&
    utf8Bytes(name) <= limits.attachmentNameBytes
  );
}

/** Base name of an attachment: no separator, no leading dot, at most 255 bytes. Contract 04 section 9.3. */
export const attachmentNameSchema = z
  .string()
  .refine(
    isAttachmentName,
    'must be a file name of at most 255 bytes without separators, NUL or a leading dot',
  );

/** A file sent inside the JSON body. Bare path strings are refused: the server cannot read the client's disk. */
export const inlineAttachmentSchema = z.strictObject({
  name: attachmentNameSchema,
  content_type: textSchema.max(255).optional(),
  content_base64: base64Schema,
});

/** Body of `POST /v1/tasks`. Byte limits of the texts are 413 and checked by the server. Contract 04 section 9.2. */
export const createTaskRequestSchema = z.strictObject({
  prompt: textSchema.optional(),
  input_mode: inputModeSchema.optional(),
  commands: z.array(textSchema).optional(),
  use_inference: z.boolean().optional(),
  /** Time limit of the job in seconds, raw modes only; the node's own limits hold beside it. */
  timeout_seconds: z.int().min(1).max(jobTimeouts.maxSeconds).optional(),
  project_id: textSchema.min(1).max(limits.indexedTextChars).optional(),
  task_name: textSchema.max(limits.indexedTextChars).optional(),
  name: textSchema.max(limits.indexedTextChars).optional(),
  acceptance_criteria: z.array(textSchema).max(limits.acceptanceCriteriaCount).optional(),
  attachments: z.array(inlineAttachmentSchema).max(limits.attachmentCount).optional(),
});

/** An attachment as a task shows it. */
export const taskAttachmentSchema = z.object({
  artifact_id: uuidSchema,
  name: z.string(),
  content_type: z.string().optional(),
  size_bytes: z.int().nonnegative(),
});

/** A stored file of a task; `path` says where it lies in the workspace of the task's jobs. */
export const taskArtifactSchema = z.object({
  artifact_id: uuidSchema,
  name: z.string(),
  path: z.string(),
  content_type: z.string(),
  size_bytes: z.int().nonnegative(),
  created_at: timestampSchema,
});

/** One page of a task's files, newest first; `next_cursor` is absent on the last. Contract 04 section 9.5. */
export const taskArtifactListSchema = z.object({
  task_id: uuidSchema,
  task_name: z.string(),
  artifacts: z.array(taskArtifactSchema),
  next_cursor: z.string().optional(),
});

/** A task. `id` and `task_id` are the same value. */
export const taskSchema = z.object({
  id: uuidSchema,
  task_id: uuidSchema,
  task_name: z.string(),
  status: taskStatusSchema,
  input_mode: inputModeSchema,
  prompt: z.string(),
  summary: z.string().optional(),
  project_id: uuidSchema.optional(),
  attachments: z.array(taskAttachmentSchema),
  created_at: timestampSchema,
  updated_at: timestampSchema,
});

/** One page of tasks, newest first; `next_cursor` is absent on the last. */
export const taskListSchema = z.object({
  tasks: z.array(taskSchema),
  next_cursor: z.string().optional(),
});

/** What a job ended with: the node's answer, or why the orchestrator could not get one. Contract 01 section 4.5. */
export const jobResultSchema = z.union([
  runJobResultSchema,
  z.looseObject({
    status: z.literal('failed'),
    error_type: z.string(),
    error_message: z.string(),
    stdout: z.string(),
    stderr: z.string(),
  }),
]);

/** Answer of `GET /v1/tasks/{id}/result`; streams and exit code appear once the task is terminal. Contract 04 section 9.5. */
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
});

/** Answer of a cancel. */
export const taskCancelSchema = z.object({
  task_id: uuidSchema,
  task_name: z.string(),
  canceled: z.literal(true),
});

export type TaskStatus = z.infer<typeof taskStatusSchema>;
export type JobStatus = z.infer<typeof jobStatusSchema>;
export type InputMode = z.infer<typeof inputModeSchema>;
export type CreateTaskRequest = z.infer<typeof createTaskRequestSchema>;
export type InlineAttachment = z.infer<typeof inlineAttachmentSchema>;
export type TaskAttachment = z.infer<typeof taskAttachmentSchema>;
export type TaskArtifact = z.infer<typeof taskArtifactSchema>;
export type TaskArtifactList = z.infer<typeof taskArtifactListSchema>;
export type Task = z.infer<typeof taskSchema>;
export type TaskList = z.infer<typeof taskListSchema>;
export type TaskResult = z.infer<typeof taskResultSchema>;
export type TaskCancel = z.infer<typeof taskCancelSchema>;
export type TaskLogs = z.infer<typeof taskLogsSchema>;
export type JobResult = z.infer<typeof jobResultSchema>;
export type LogStream = z.infer<typeof logStreamSchema>;

/** True for a state that a task never leaves. */
export function isTerminalTaskStatus(status: TaskStatus): boolean {
  return (terminalTaskStatuses as readonly TaskStatus[]).includes(status);
}
