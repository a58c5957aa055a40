import { z } from 'zod';
import { jobArtifactSchema } from './job-artifact.ts';
import { base64Schema, payloadVersionSchema, timestampSchema, uuidSchema } from './primitives.ts';

/** Whether a stream was cut at the limit. */
export const truncatedSchema = z.object({ stdout: z.boolean(), stderr: z.boolean() });

/** The end of a stream that is longer than what is kept of its beginning. */
export const streamTailSchema = z.object({
  /** What is missing between the beginning and this, bytes; about, where the job wrote no UTF-8. */
  omitted_bytes: z.int().nonnegative(),
  text: z.string(),
});

/** Ends of streams that were cut; absent where there is nothing behind the beginning. */
export const streamTailsSchema = z.object({
  stdout: streamTailSchema.optional(),
  stderr: streamTailSchema.optional(),
});

/** What is kept of a stream that is no UTF-8 text, or has U+0000, byte for byte: its beginning, and its end where it was cut. */
export const streamBytesSchema = z.object({
  head: base64Schema,
  tail: z.object({ omitted_bytes: z.int().nonnegative(), bytes: base64Schema }).optional(),
});

/** The bytes of streams that are no text, which shows U+FFFD in their places; absent where both are text. */
export const binaryStreamsSchema = z.object({
  stdout: streamBytesSchema.optional(),
  stderr: streamBytesSchema.optional(),
});

export type StreamBytes = z.infer<typeof streamBytesSchema>;
export type BinaryStreams = z.infer<typeof binaryStreamsSchema>;
export type StreamTail = z.infer<typeof streamTailSchema>;
export type StreamTails = z.infer<typeof streamTailsSchema>;

/**
 * Outcome of a run, answered with 200 whenever the job was executed. It is kept and shown as it is, so that fields it
 * does not name are dropped: a node could fill the database with them.
 * See docs/reference/worker-api.md#run-results.
 */
export const runJobResultSchema = z.object({
  version: payloadVersionSchema,
  task_id: uuidSchema,
  job_id: uuidSchema,
  lease_id: uuidSchema.optional(),
  status: z.enum(['completed', 'failed', 'timeout']),
  exit_code: z.int().optional(),
  /** The kernel killed a process of the job for want of memory; absent where it did not, or nobody can tell. */
  oom_killed: z.boolean().optional(),
  /** Why the node ended the job; absent where it did not. See docs/reference/sandbox.md#disk. */
  error_type: z.string().optional(),
  stdout: z.string(),
  stderr: z.string(),
  started_at: timestampSchema,
  ended_at: timestampSchema,
  truncated: truncatedSchema,
  tail: streamTailsSchema.optional(),
  binary: binaryStreamsSchema.optional(),
  /** What it left in `/job/artifacts`, by name, and how many files more than are listed. */
  artifacts: z.array(jobArtifactSchema).optional(),
  artifacts_omitted: z.int().positive().optional(),
  /** Where secrets of the job stood that were taken out. See docs/reference/sandbox.md#secrets. */
  masked: z.array(z.enum(['stdout', 'stderr', 'artifacts'])).optional(),
  /** Of a job that ran in a kept workspace: what is in it now. See docs/reference/workspaces.md. */
  workspace_bytes: z.int().nonnegative().optional(),
});

export type RunJobResult = z.infer<typeof runJobResultSchema>;
