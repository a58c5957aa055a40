import { z } from 'zod';
import { bodyErrors } from '../common/body-errors.ts';
import { folderRefSchema } from '../common/folder-ref.ts';
import { jobTimeouts, limits } from '../common/limits.ts';
import {
  isStorableText,
  textSchema,
  timestampSchema,
  utf8Bytes,
  uuidSchema,
  base64Schema,
} from '../common/primitives.ts';
import { type RouteInput, defineRoute } from '../common/route.ts';
import { paging, taskRef, momentSchema } from './fields.ts';
import { sandboxWishFields } from './sandbox-wishes.ts';
import { taskStatusSchema } from './task-status.ts';

/** How the text of a task is meant. See docs/reference/tasks-and-jobs.md#input-modes. */
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

/**
 * Base name of an attachment: no separator, no leading dot, at most 255 bytes.
 * See docs/reference/tasks-and-jobs.md#attachments.
 */
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

/**
 * Body of `POST /v1/tasks`. Byte limits of the texts are 413 and checked by the server.
 * See docs/reference/tasks-and-jobs.md#create.
 */
export const createTaskRequestSchema = z.strictObject({
  prompt: textSchema.optional(),
  input_mode: inputModeSchema.optional(),
  commands: z.array(textSchema).optional(),
  use_inference: z.boolean().optional(),
  /** Time limit of the job in seconds, raw modes only; the node's own limits hold beside it. */
  timeout_seconds: z.int().min(1).max(jobTimeouts.maxSeconds).optional(),
  ...sandboxWishFields,
  project_id: textSchema.min(1).max(limits.indexedTextChars).optional(),
  task_name: textSchema.max(limits.indexedTextChars).optional(),
  name: textSchema.max(limits.indexedTextChars).optional(),
  acceptance_criteria: z.array(textSchema).max(limits.acceptanceCriteriaCount).optional(),
  attachments: z.array(inlineAttachmentSchema).max(limits.attachmentCount).optional(),
  /** Words behind a script; in mode `commands`, without any, the command itself, which no shell reads. */
  args: z.array(textSchema).min(1).max(limits.argumentCount).optional(),
  /** The attachment named `stdin` is the standard input; there is none otherwise. */
  stdin: z.boolean().optional(),
  /** A folder that was sent before; its content is the job's workspace. */
  folder: folderRefSchema.optional(),
});

/**
 * Body of `POST /v1/tasks/{id}/rerun`: what is to be other than in the old task.
 * See docs/reference/tasks-and-jobs.md#run-again.
 */
export const rerunTaskRequestSchema = createTaskRequestSchema.omit({ attachments: true });

/** An attachment as a task shows it. */
export const taskAttachmentSchema = z.object({
  artifact_id: uuidSchema,
  name: z.string(),
  content_type: z.string().optional(),
  size_bytes: z.int().nonnegative(),
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
  /** Why it is not under way yet: a code, and a sentence with what to do where there is more to say. */
  waiting_reason: z.string().optional(),
  waiting_text: z.string().optional(),
  /** What its job runs in, where it named one; of its variables the names alone, sorted. */
  image: z.string().optional(),
  env_names: z.array(z.string()).optional(),
  /** Names of the secrets that its job is given. */
  secrets: z.array(z.string()).optional(),
  /** Name of the kept workspace that its job runs in. */
  workspace: z.string().optional(),
  project_id: uuidSchema.optional(),
  attachments: z.array(taskAttachmentSchema),
  /** The task it was made from, whether that is still there or not. */
  rerun_of: uuidSchema.optional(),
  /** Words behind its script, or the command itself. */
  args: z.array(z.string()).optional(),
  /** The folder it was given. */
  folder: folderRefSchema.optional(),
  created_at: timestampSchema,
  updated_at: timestampSchema,
  /** When a node last took its job, absent while it waits for one; and when the task came to its end. */
  started_at: timestampSchema.optional(),
  ended_at: timestampSchema.optional(),
  /** Of the job that ended it, where one ran. */
  exit_code: z.int().optional(),
  /** Streams of that job that are no text. */
  binary: z.array(z.enum(['stdout', 'stderr'])).optional(),
});

/** One page of tasks; `next_cursor` is absent on the last. One that had to look through many may be short. */
export const taskListSchema = z.object({
  tasks: z.array(taskSchema),
  next_cursor: z.string().optional(),
});

const nameText = textSchema.min(1).max(limits.indexedTextChars);

/**
 * Which tasks are wanted, and in which order: `name` whole, `q` anywhere in the name, `since` inclusive and `until`
 * exclusive of when they were made, `owner` a uuid, a handle or `me`, `node` a uuid or slug of one that had a job.
 */
const taskFilters = {
  status: taskStatusSchema.optional(),
  project_id: z.string().min(1).max(limits.indexedTextChars).optional(),
  name: nameText.optional(),
  q: nameText.optional(),
  since: momentSchema.optional(),
  until: momentSchema.optional(),
  owner: nameText.optional(),
  node: nameText.optional(),
  sort: z.enum(['newest', 'oldest']).optional(),
};

/** Answer of a cancel. */
export const taskCancelSchema = z.object({
  task_id: uuidSchema,
  task_name: z.string(),
  canceled: z.literal(true),
});

/** Answer of a deletion. */
export const taskDeletedSchema = z.object({
  task_id: uuidSchema,
  task_name: z.string(),
  deleted: z.literal(true),
});

export type InputMode = z.infer<typeof inputModeSchema>;
export type CreateTaskRequest = z.infer<typeof createTaskRequestSchema>;
export type RerunTaskRequest = z.infer<typeof rerunTaskRequestSchema>;
export type InlineAttachment = z.infer<typeof inlineAttachmentSchema>;
export type TaskAttachment = z.infer<typeof taskAttachmentSchema>;
export type Task = z.infer<typeof taskSchema>;
export type TaskList = z.infer<typeof taskListSchema>;
export type TaskCancel = z.infer<typeof taskCancelSchema>;
export type TaskDeleted = z.infer<typeof taskDeletedSchema>;

const creationErrors = [
  ...bodyErrors,
  'authentication',
  'authorization',
  'not_found',
  'conflict',
  'insufficient_storage',
] as const;

/** Tasks. See docs/reference/tasks-and-jobs.md. */
export const taskRoutes = {
  createTask: defineRoute({
    operation: 'tasks.create',
    method: 'POST',
    path: '/v1/tasks',
    auth: 'user',
    action: 'task.create',
    resource: 'task',
    summary: 'Create a task and return at once; it is accepted while the system is not ready',
    body: createTaskRequestSchema,
    streamed: 'multipart/form-data',
    form: { field: 'task', files: 'attachments' },
    streamedLimitBytes: limits.multipartBytes,
    success: { 201: { kind: 'json', schema: taskSchema } },
    errors: creationErrors,
  }),
  listTasks: defineRoute({
    operation: 'tasks.list',
    method: 'GET',
    path: '/v1/tasks',
    auth: 'user',
    action: 'task.read',
    resource: 'task',
    summary: 'Own tasks and those of readable projects, newest first',
    query: z.object({ ...taskFilters, ...paging }),
    success: { 200: { kind: 'json', schema: taskListSchema } },
    errors: ['validation', 'authentication', 'authorization', 'not_found'],
  }),
  getTask: defineRoute({
    operation: 'tasks.get',
    method: 'GET',
    path: '/v1/tasks/{id}',
    auth: 'user',
    action: 'task.read',
    resource: 'task',
    summary: 'One task by uuid or by the name its creator gave',
    params: taskRef,
    success: { 200: { kind: 'json', schema: taskSchema } },
    errors: ['validation', 'authentication', 'authorization', 'not_found'],
  }),
  rerunTask: defineRoute({
    operation: 'tasks.rerun',
    method: 'POST',
    path: '/v1/tasks/{id}/rerun',
    auth: 'user',
    action: 'task.create',
    resource: 'task',
    summary:
      'Create a task like an old one, with its files and what is changed, and return at once',
    params: taskRef,
    body: rerunTaskRequestSchema,
    bodyOptional: true,
    success: { 201: { kind: 'json', schema: taskSchema } },
    errors: creationErrors,
  }),
  deleteTask: defineRoute({
    operation: 'tasks.delete',
    method: 'DELETE',
    path: '/v1/tasks/{id}',
    auth: 'user',
    action: 'task.delete',
    resource: 'task',
    summary: 'Remove a task that has ended, with results and files',
    params: taskRef,
    success: { 200: { kind: 'json', schema: taskDeletedSchema } },
    errors: ['validation', 'authentication', 'authorization', 'not_found', 'conflict'],
  }),
  cancelTask: defineRoute({
    operation: 'tasks.cancel',
    method: 'POST',
    path: '/v1/tasks/{id}/cancel',
    auth: 'user',
    action: 'task.cancel',
    resource: 'task',
    summary: 'Cancel a task and its open jobs; repeating it is harmless',
    params: taskRef,
    body: z.strictObject({}),
    bodyOptional: true,
    success: { 200: { kind: 'json', schema: taskCancelSchema } },
    errors: [...bodyErrors, 'authentication', 'authorization', 'not_found', 'conflict'],
  }),
} as const;

/** What a list of tasks is asked for. */
export type ListTasksQuery = RouteInput<typeof taskRoutes.listTasks, 'query'>;
