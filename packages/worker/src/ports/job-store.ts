import type { RunJobResult } from '@cynodeai/contracts/common';
import type { KeptResult } from '../domain/jobs/retention.ts';

/** A job as it was taken on. */
export interface AcceptedJob {
  readonly jobId: string;
  readonly taskId: string;
  /** Absent when the caller gave none. */
  readonly leaseId?: string;
  readonly acceptedAt: Date;
  /** What it takes to go on with its run; absent of one that a version before took on. */
  readonly run?: AcceptedRun;
}

/** What was decided of a run. */
export interface AcceptedRun {
  readonly timeoutSeconds: number;
  readonly useInference: boolean;
  /** The kept workspace it runs in. */
  readonly workspaceId?: string | undefined;
}

/** A job the store knows; `result` is there once it has ended. */
export interface StoredJob extends AcceptedJob {
  readonly result?: RunJobResult;
}

/**
 * Jobs this node took on and the results nobody acknowledged yet; survives a restart.
 * See docs/reference/worker-api.md#life-of-a-job-on-its-node. Every call throws when the disk
 * cannot be used.
 */
export interface JobStore {
  find(jobId: string): StoredJob | undefined;
  /** Remembers a job before it runs. Not yet safe from a power loss. @throws when the id is known already */
  accept(job: AcceptedJob): void;
  /** Keeps the result; safe from a power loss when it resolves. */
  finish(result: RunJobResult, storedAt: Date): Promise<void>;
  remove(jobId: string): void;
  /** Jobs without a result. */
  unfinished(): readonly AcceptedJob[];
  /** Results, the oldest first. */
  results(): readonly KeptResult[];
  /** Bytes of all results together, with the files that are kept with them. */
  readonly resultBytes: number;
}
