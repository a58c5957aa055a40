import { z } from 'zod';
import { limits } from '../../common/limits.ts';
import { textSchema, timestampSchema, uuidSchema } from '../../common/primitives.ts';
import {
  managerAndAnalyst,
  managerOnly,
  nextCursor,
  pageFields,
  shortText,
  taskId,
  textUpTo,
  times,
} from '../fields.ts';
import { toolLimits } from '../limits.ts';
import { defineTool } from '../tool.ts';

/** States of a task as they are stored. See docs/reference/tasks-and-jobs.md#task-states. */
const statuses = ['pending', 'running', 'completed', 'failed', 'canceled', 'superseded'] as const;
const statusSchema = z.enum(statuses);

/** A task as agents see it. */
export const agentTaskSchema = z.object({
  id: uuidSchema,
  task_name: z.string().nullable(),
  status: statusSchema,
  closed: z.boolean(),
  project_id: uuidSchema.nullable(),
  created_by: uuidSchema,
  input_mode: z.enum(['prompt', 'script', 'commands']),
  prompt: z.string().nullable(),
  description: z.string().nullable(),
  acceptance_criteria: z.array(z.string()),
  summary: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  ...times,
});

export type AgentTask = z.infer<typeof agentTaskSchema>;

const task = z.object({ task: agentTaskSchema });
const criteria = z
  .array(textUpTo(16 * 1024))
  .max(limits.acceptanceCriteriaCount)
  .optional();
/**
 * Keys of a task's metadata by which the product knows what to run and how far it is; agents read them and leave them.
 * See docs/reference/mcp.md#tools.
 */
export const ownMetadataKeys = [
  'args',
  'binary',
  'commands',
  'env_names',
  'exit_code',
  'folder',
  'group_id',
  'image',
  'model_override',
  'name_provisional',
  'rerun_of',
  'secrets',
  'skill_ids',
  'stdin',
  'use_inference',
  'waiting_reason',
  'waiting_text',
  'workflow',
  'workspace',
] as const;

const patchSchema = z
  .record(shortText, z.unknown())
  .refine(
    (patch) => !ownMetadataKeys.some((key) => Object.hasOwn(patch, key)),
    `must leave alone what the product keeps there: ${ownMetadataKeys.join(', ')}`,
  );
const large = {
  argumentBytes: toolLimits.largeArgumentBytes,
  resultBytes: toolLimits.taskResultBytes,
};

/** Tools on tasks. */
export const taskTools = [
  defineTool({
    name: 'db.task.get',
    summary: 'One task with its prompt, criteria and state',
    agents: managerAndAnalyst,
    scope: 'pm',
    work: 'read',
    input: z.strictObject(taskId),
    result: task,
    resultBytes: toolLimits.taskResultBytes,
  }),
  defineTool({
    name: 'db.task.list',
    summary: 'Tasks the user you work for may see, newest first',
    agents: managerOnly,
    scope: 'pm',
    work: 'read',
    needsUser: true,
    input: z.strictObject({
      status: statusSchema.optional(),
      project_id: uuidSchema.optional(),
      ...pageFields,
    }),
    result: z.object({
      tasks: z.array(agentTaskSchema.omit({ prompt: true, description: true, metadata: true })),
      ...nextCursor,
    }),
  }),
  defineTool({
    name: 'db.task.create',
    summary: 'Make a task for the user you work for; it is not started',
    agents: managerOnly,
    scope: 'pm',
    work: 'database',
    needsUser: true,
    input: z.strictObject({
      prompt: textUpTo(limits.promptBytes).min(1),
      task_name: textSchema.min(1).max(limits.indexedTextChars).optional(),
      project_id: uuidSchema.optional(),
      description: textUpTo().optional(),
      acceptance_criteria: criteria,
    }),
    result: task,
    ...large,
  }),
  defineTool({
    name: 'db.task.update',
    summary: 'Change name, description, criteria, summary or metadata of a task',
    agents: managerOnly,
    scope: 'pm',
    work: 'database',
    input: z.strictObject({
      ...taskId,
      task_name: textSchema.min(1).max(limits.indexedTextChars).optional(),
      description: textUpTo().optional(),
      acceptance_criteria: criteria,
      summary: textUpTo(64 * 1024).optional(),
      metadata_patch: patchSchema.optional(),
      expected_updated_at: timestampSchema.optional(),
    }),
    result: task,
    ...large,
  }),
  defineTool({
    name: 'db.task.update_status',
    summary: 'Move a task to another state; the same state is no change',
    agents: managerOnly,
    scope: 'pm',
    work: 'database',
    input: z.strictObject({ ...taskId, status: statusSchema }),
    result: task,
    resultBytes: toolLimits.taskResultBytes,
  }),
] as const;
