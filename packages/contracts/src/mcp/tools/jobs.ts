import { z } from 'zod';
import { envFault } from '../../common/job-environment.ts';
import { normaliseImageRef } from '../../common/image-ref.ts';
import { jobTimeouts, limits } from '../../common/limits.ts';
import { textSchema, timestampSchema, utf8Bytes, uuidSchema } from '../../common/primitives.ts';
import {
  artifactPath,
  managerAndAnalyst,
  managerOnly,
  nextCursor,
  pageFields,
  taskId,
  textUpTo,
  times,
} from '../fields.ts';
import { defineTool } from '../tool.ts';

const statusSchema = z.enum([
  'queued',
  'running',
  'completed',
  'failed',
  'canceled',
  'lease_expired',
]);

/** A job as agents see it; no token stands in it. */
export const agentJobSchema = z.object({
  id: uuidSchema,
  task_id: uuidSchema,
  node_id: uuidSchema.nullable(),
  status: statusSchema,
  payload: z.record(z.string(), z.unknown()).nullable(),
  result: z.record(z.string(), z.unknown()).nullable(),
  started_at: timestampSchema.nullable(),
  ended_at: timestampSchema.nullable(),
  ...times,
});

export type AgentJob = z.infer<typeof agentJobSchema>;

const job = z.object({ job: agentJobSchema });

/** What a job of each kind takes, beside what both do. */
const ofSandboxes = {
  command: z.array(textSchema).min(1).max(1024).optional(),
  image_ref: textSchema
    .refine((ref) => normaliseImageRef(ref) !== undefined, 'must be an image reference')
    .optional(),
  env: z.record(z.string(), textSchema).optional(),
  timeout_seconds: z.int().min(1).max(jobTimeouts.maxSeconds).optional(),
  network_policy: z.enum(['none', 'restricted']).optional(),
  use_inference: z.boolean().optional(),
  attachments: z.array(artifactPath).max(limits.inputFileCount).optional(),
};
const ofModels = {
  messages: z
    .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: textUpTo() }))
    .min(1)
    .max(100)
    .optional(),
};

interface RunArguments {
  readonly kind: 'sandbox' | 'inference';
  readonly command?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** What is wrong with a job that is asked for, beyond the form of each of its fields. */
function faultOfRun(run: RunArguments): string | undefined {
  const needed = run.kind === 'sandbox' ? 'command' : 'messages';
  const foreign = Object.keys(run.kind === 'sandbox' ? ofModels : ofSandboxes);
  if (!Object.hasOwn(run, needed)) return `a job of kind ${run.kind} needs ${needed}`;
  const other = foreign.find((field) => Object.hasOwn(run, field));
  if (other !== undefined) return `${other} is not for jobs of kind ${run.kind}`;
  if (run.command?.[0] === '') return 'the first word of command must not be empty';
  if (utf8Bytes(run.command?.join('\0') ?? '') > limits.argumentsBytes) {
    return `the words of command together must not be larger than ${limits.argumentsBytes} bytes`;
  }
  return run.env && envFault(run.env);
}

const runSchema = z
  .strictObject({
    ...taskId,
    kind: z.enum(['sandbox', 'inference']),
    job_id: uuidSchema.optional(),
    ...ofSandboxes,
    ...ofModels,
  })
  .superRefine((run, context) => {
    const message = faultOfRun(run);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

export type AgentJobRequest = z.infer<typeof runSchema>;

/** Tools on jobs. */
export const jobTools = [
  defineTool({
    name: 'db.job.get',
    summary: 'One job; with wait_seconds the answer is held until it has ended',
    agents: managerAndAnalyst,
    scope: 'pm',
    work: 'read',
    input: z.strictObject({
      job_id: uuidSchema,
      max_output_bytes: z.int().min(0).max(262_144).optional(),
      wait_seconds: z.int().min(0).max(25).optional(),
    }),
    result: z.object({ job: agentJobSchema, output_truncated: z.boolean() }),
  }),
  defineTool({
    name: 'db.job.list',
    summary: 'Jobs of a task in the order they were made, without output',
    agents: managerAndAnalyst,
    scope: 'pm',
    work: 'read',
    input: z.strictObject({ ...taskId, status: statusSchema.optional(), ...pageFields }),
    result: z.object({
      jobs: z.array(agentJobSchema.omit({ payload: true, result: true })),
      ...nextCursor,
    }),
  }),
  defineTool({
    name: 'db.job.update_status',
    summary: 'Cancel a job, or put one back whose lease ran out',
    agents: managerOnly,
    scope: 'pm',
    work: 'database',
    input: z.strictObject({ job_id: uuidSchema, status: statusSchema }),
    result: job,
  }),
  defineTool({
    name: 'job.run',
    summary:
      'Queue a job of a task, in a sandbox or for a model; the same job_id again is no second one',
    agents: managerOnly,
    scope: 'pm',
    work: 'database',
    makes: 'job_id',
    input: runSchema,
    result: z.object({ job_id: uuidSchema, status: statusSchema }),
  }),
  defineTool({
    name: 'job.cancel',
    summary: 'Cancel a job of a task; one that has ended stays as it is',
    agents: managerOnly,
    scope: 'pm',
    work: 'database',
    input: z.strictObject({ ...taskId, job_id: uuidSchema, reason: textUpTo(1024).optional() }),
    result: z.object({ status: statusSchema }),
  }),
] as const;
