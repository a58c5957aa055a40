import {
  gatewayRoutes,
  jobStatusSchema,
  taskCancelSchema,
  taskLogsSchema,
  taskResultSchema,
  taskSchema,
} from '@cynodeai/contracts/gateway';
import { defineRoute } from '@cynodeai/contracts/common';
import { z } from 'zod';

const id = z.string().min(1);
const optionalText = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

/** A task by `task_id`, else `id`; the rest may be missing, and unknown fields pass through. Contract 05 section 5.1. */
const readTask = z
  .looseObject({
    ...taskSchema.partial().shape,
    task_id: id.optional(),
    id: id.optional(),
    status: taskSchema.shape.status,
    task_name: optionalText,
    summary: optionalText,
    project_id: z.string().nullish(),
    attachments: z.array(z.looseObject({})).nullish(),
  })
  .transform((task, context) => {
    const taskId = task.task_id ?? task.id;
    if (taskId !== undefined) return { ...task, task_id: taskId };
    context.issues.push({ code: 'custom', path: ['task_id'], message: 'is missing', input: task });
    return z.NEVER;
  });

function parseIfText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** A job's result is an object; a JSON text of one is tolerated. Contract 05 section 7.5. */
const readJobResult = z.preprocess(
  parseIfText,
  z
    .looseObject({
      stdout: z.string().optional(),
      stderr: z.string().optional(),
      exit_code: z.int().nullish(),
      inference: z.looseObject({ model: z.string().optional() }).nullish(),
      truncated: z
        .looseObject({ stdout: z.boolean().optional(), stderr: z.boolean().optional() })
        .nullish(),
    })
    .nullish(),
);

const readResult = z.object({
  ...taskResultSchema.shape,
  task_id: id,
  task_name: optionalText,
  summary: optionalText,
  jobs: z.array(
    z.object({
      id,
      status: jobStatusSchema,
      result: readJobResult,
      started_at: optionalText,
      ended_at: optionalText,
    }),
  ),
  stdout: optionalText,
  stderr: optionalText,
  exit_code: z
    .int()
    .nullish()
    .transform((value) => value ?? undefined),
});

const readLogs = z.object({
  ...taskLogsSchema.shape,
  task_id: id,
  task_name: optionalText,
  stdout: optionalText,
  stderr: optionalText,
  truncated: taskLogsSchema.shape.truncated.nullish(),
});

const readArtifacts = z.object({
  task_id: id,
  task_name: optionalText,
  artifacts: z.array(
    z.object({
      artifact_id: id,
      name: z.string(),
      content_type: optionalText,
      size_bytes: z.int().nonnegative(),
    }),
  ),
  next_cursor: z.string().nullish(),
});

const json = <S extends z.ZodType>(schema: S): { readonly kind: 'json'; readonly schema: S } => ({
  kind: 'json',
  schema,
});

/**
 * The gateway's routes as this client reads their answers: everything a command uses is checked, what it can do
 * without may be missing, ids are opaque. Contract 05 sections 5 and 5.1.
 */
export const readRoutes = {
  me: defineRoute({
    ...gatewayRoutes.me,
    success: { 200: json(z.object({ id, handle: z.string() })) },
  }),
  createTask: defineRoute({ ...gatewayRoutes.createTask, success: { 201: json(readTask) } }),
  getTask: defineRoute({ ...gatewayRoutes.getTask, success: { 200: json(readTask) } }),
  listTasks: defineRoute({
    ...gatewayRoutes.listTasks,
    success: {
      200: json(z.object({ tasks: z.array(readTask), next_cursor: z.string().nullish() })),
    },
  }),
  getTaskResult: defineRoute({
    ...gatewayRoutes.getTaskResult,
    success: { 200: json(readResult) },
  }),
  getTaskLogs: defineRoute({ ...gatewayRoutes.getTaskLogs, success: { 200: json(readLogs) } }),
  listTaskArtifacts: defineRoute({
    ...gatewayRoutes.listTaskArtifacts,
    success: { 200: json(readArtifacts) },
  }),
  cancelTask: defineRoute({
    ...gatewayRoutes.cancelTask,
    success: {
      200: json(z.object({ ...taskCancelSchema.shape, task_id: id, task_name: optionalText })),
    },
  }),
} as const;

export type ReadResult = z.infer<typeof readResult>;
export type ReadLogs = z.infer<typeof readLogs>;
