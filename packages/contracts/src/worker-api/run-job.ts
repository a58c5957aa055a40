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
