import { z } from 'zod';
import { timestampSchema, uuidSchema } from '../../common/primitives.ts';
import {
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
    name: 'job.cancel',
    summary: 'Cancel a job of a task; one that has ended stays as it is',
    agents: managerOnly,
    scope: 'pm',
    work: 'database',
    input: z.strictObject({ ...taskId, job_id: uuidSchema, reason: textUpTo(1024).optional() }),
    result: z.object({ status: statusSchema }),
  }),
] as const;
