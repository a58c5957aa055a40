import { z } from 'zod';
import { versionedBodyErrors } from '../common/body-errors.ts';
import { folderRefSchema } from '../common/folder-ref.ts';
import { envNamePattern } from '../common/job-environment.ts';
import { secretNameSchema, secretValueSchema } from '../common/job-secret.ts';
import { limits } from '../common/limits.ts';
import { timestampSchema, uuidSchema, payloadVersionSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';
import { runJobResultSchema } from '../common/run-job-result.ts';
import { inputFileSchema } from './input-files.ts';
import { jobRef } from './job-ref.ts';
import { keptWorkspaceSchema } from './workspaces.ts';

const argumentSchema = z
  .string()
  .refine((value) => !value.includes('\u0000'), 'must not contain U+0000');

/**
 * What the sandbox runs and with what. Unknown fields are 400.
 * See docs/reference/worker-api.md#run-a-job.
 */
export const sandboxSpecSchema = z.strictObject({
  image: z.string().min(1).max(limits.indexedTextChars).optional(),
  command: z.array(argumentSchema).min(1),
  env: z
    .record(
      z.string().regex(envNamePattern, 'must be an environment variable name'),
      argumentSchema,
    )
    .optional(),
  /** Files below `/run/secrets`; for a node with the feature `job_secrets`. */
  secrets: z
    .array(z.strictObject({ name: secretNameSchema, value: secretValueSchema }))
    .max(limits.secretsPerJob)
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
  /** The folder that was staged to be the workspace. */
  folder: folderRefSchema.optional(),
  /** The kept workspace to run in; a folder and files are laid over it. For a node with the feature `workspaces`. */
  workspace: keptWorkspaceSchema.optional(),
});

/** Body of `jobs:run`. See docs/reference/worker-api.md#run-a-job. */
export const runJobRequestSchema = z.strictObject({
  version: payloadVersionSchema,
  task_id: uuidSchema,
  job_id: uuidSchema,
  lease_id: uuidSchema.optional(),
  sandbox: sandboxSpecSchema,
});

export type SandboxSpec = z.infer<typeof sandboxSpecSchema>;
export type RunJobRequest = z.infer<typeof runJobRequestSchema>;

/** States of a job on its node. See docs/reference/worker-api.md#life-of-a-job-on-its-node. */
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

/**
 * What a node knows of a job; `result` once it is terminal, kept until acknowledged.
 * See docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
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

/** An `output` event: what a job wrote, whole characters, in order per stream. */
export const jobOutputSchema = z.object({
  stream: z.enum(['stdout', 'stderr']),
  text: z.string(),
  /** The stream is no text: `text` is not all that was written from here on. */
  binary: z.boolean().optional(),
  /** When the first of it was written. */
  at: timestampSchema.optional(),
});

export type JobOutput = z.infer<typeof jobOutputSchema>;
export type WorkerJobStatus = z.infer<typeof workerJobStatusSchema>;
export type JobAccepted = z.infer<typeof jobAcceptedSchema>;
export type WorkerJob = z.infer<typeof workerJobSchema>;
export type AckJobRequest = z.infer<typeof ackJobRequestSchema>;

/** Runs of jobs. See docs/reference/worker-api.md. */
export const jobRoutes = {
  runJob: defineRoute({
    operation: 'worker.jobs.run',
    method: 'POST',
    path: '/v1/worker/jobs:run',
    auth: 'worker',
    summary: 'Run one job in a sandbox and answer when it has ended',
    body: runJobRequestSchema,
    success: {
      200: { kind: 'json', schema: runJobResultSchema },
      202: { kind: 'json', schema: jobAcceptedSchema },
    },
    errors: [
      ...versionedBodyErrors,
      'authentication',
      'node_policy_refused',
      'job_conflict',
      'node_at_capacity',
      'internal',
      'node_not_ready',
      'node_shutting_down',
      'inference_unavailable',
      'unavailable',
    ],
  }),
  getJob: defineRoute({
    operation: 'worker.jobs.get',
    method: 'GET',
    path: '/v1/worker/jobs/{job_id}',
    auth: 'worker',
    summary: 'State of a job and, once it has ended, its result until it is acknowledged',
    params: jobRef,
    success: { 200: { kind: 'json', schema: workerJobSchema } },
    errors: ['validation', 'authentication', 'not_found'],
  }),
  jobOutput: defineRoute({
    operation: 'worker.jobs.output',
    method: 'GET',
    path: '/v1/worker/jobs/{job_id}/output',
    auth: 'worker',
    summary:
      'What a running job writes, from its beginning, as events `output`; the last one is `end`',
    params: jobRef,
    success: { 200: { kind: 'event-stream' } },
    errors: ['validation', 'authentication', 'not_found'],
  }),
  jobArtifacts: defineRoute({
    operation: 'worker.jobs.artifacts',
    method: 'GET',
    path: '/v1/worker/jobs/{job_id}/artifacts',
    auth: 'worker',
    summary: 'The files of a result as one tar archive, until the result is acknowledged',
    params: jobRef,
    success: { 200: { kind: 'bytes' } },
    errors: ['validation', 'authentication', 'not_found'],
  }),
  ackJob: defineRoute({
    operation: 'worker.jobs.ack',
    method: 'POST',
    path: '/v1/worker/jobs/{job_id}:ack',
    auth: 'worker',
    summary: 'The result is stored elsewhere; the node may drop its copy. Repeating it is harmless',
    params: jobRef,
    body: ackJobRequestSchema,
    success: { 204: { kind: 'empty' } },
    errors: [...versionedBodyErrors, 'authentication', 'not_found', 'job_conflict'],
  }),
} as const;
