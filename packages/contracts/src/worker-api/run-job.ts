import { z } from 'zod';
import { limits } from '../common/limits.ts';
import { payloadVersionSchema, timestampSchema, uuidSchema } from '../common/primitives.ts';
import { inputFileSchema } from './input-file.ts';

const argumentSchema = z
  .string()
  .refine((value) => !value.includes('\u0000'), 'must not contain U+0000');

/** Names the node sets itself; values sent for them are dropped with a warning. Contract 03 section 6.2. */
export const reservedEnvPattern =
  /^(?:CYNODE_.*|SBA_.*|INFERENCE_.*|OLLAMA_BASE_URL|MCP_GATEWAY_URL)$/;

/** What the sandbox runs and with what. Unknown fields are 400. Contract 03 section 5.4. */
export const sandboxSpecSchema = z.strictObject({
  image: z.string().min(1).max(limits.indexedTextChars).optional(),
  command: z.array(argumentSchema).min(1),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be an environment variable name'),
      argumentSchema,
    )
    .optional(),
  timeout_seconds: z.int().positive().optional(),
  network_policy: z.enum(['restricted', 'none']).optional(),
  use_inference: z.boolean().optional(),
  input_files: z
    .array(inputFileSchema)
    .max(limits.inputFileCount)
    .refine(
      (files) => new Set(files.map((file) => file.path)).size === files.length,
      'paths must be unique',
    )
    .optional(),
});

/** Body of `jobs:run`. Contract 03 section 5.4. */
export const runJobRequestSchema = z.strictObject({
  version: payloadVersionSchema,
  task_id: uuidSchema,
  job_id: uuidSchema,
  lease_id: uuidSchema.optional(),
  sandbox: sandboxSpecSchema,
});

/** Whether a stream was cut at the limit. */
export const truncatedSchema = z.object({ stdout: z.boolean(), stderr: z.boolean() });

/** Outcome of a run, answered with 200 whenever the job was executed. Contract 03 section 5.5. */
export const runJobResultSchema = z.looseObject({
  version: payloadVersionSchema,
  task_id: uuidSchema,
  job_id: uuidSchema,
  lease_id: uuidSchema.optional(),
  status: z.enum(['completed', 'failed', 'timeout']),
  exit_code: z.int().optional(),
  stdout: z.string(),
  stderr: z.string(),
  started_at: timestampSchema,
  ended_at: timestampSchema,
  truncated: truncatedSchema,
});

export type SandboxSpec = z.infer<typeof sandboxSpecSchema>;
export type RunJobRequest = z.infer<typeof runJobRequestSchema>;
export type RunJobResult = z.infer<typeof runJobResultSchema>;

/** States of a job on its node. Contract 03 section 5.8. */
export const workerJobStatusSchema = z.enum([
  'accepted',
  'in_progress',
  'completed',
  'failed',
  'timeout',
]);

/** 202 of `jobs:run` with `Prefer: respond-async`. */
export const jobAcceptedSchema = z.object({
  version: payloadVersionSchema,
  task_id: uuidSchema,
  job_id: uuidSchema,
  status: z.literal('accepted'),
});

/** What a node knows of a job; `result` once it is terminal, kept until acknowledged. Contract 03 section 5.8. */
export const workerJobSchema = z.object({
  version: payloadVersionSchema,
  task_id: uuidSchema,
  job_id: uuidSchema,
  lease_id: uuidSchema.optional(),
  status: workerJobStatusSchema,
  started_at: timestampSchema.optional(),
  result: runJobResultSchema.optional(),
});

/** Body of a result's acknowledgement. */
export const ackJobRequestSchema = z.strictObject({
  version: payloadVersionSchema,
  task_id: uuidSchema,
  job_id: uuidSchema,
});

export type WorkerJobStatus = z.infer<typeof workerJobStatusSchema>;
export type JobAccepted = z.infer<typeof jobAcceptedSchema>;
export type WorkerJob = z.infer<typeof workerJobSchema>;
export type AckJobRequest = z.infer<typeof ackJobRequestSchema>;
