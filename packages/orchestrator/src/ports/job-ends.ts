import type { JobResult } from '@cynodeai/contracts/gateway';
import type { LogPiece } from '../domain/jobs/end-events.ts';
import type { SandboxJobPayload } from '../domain/jobs/job-payload.ts';
import type { StoredEnd } from '../domain/jobs/stored-end.ts';
import type { JobLease } from './leases.ts';
import type { NewArtifact } from './tasks.ts';

/** The job a prompt goes on with. */
export interface FallbackJob {
  readonly jobId: string;
  readonly payload: SandboxJobPayload;
}

/** A file that a job left, stored; it becomes one of its task. */
export interface LeftArtifact extends NewArtifact {
  readonly executable: boolean;
}

/** A job's end, ready to be stored. */
export interface EndedJob extends JobLease {
  readonly status: 'completed' | 'failed';
  readonly result: JobResult;
  readonly summary: string;
  readonly logs: readonly LogPiece[];
  /** Written with the end; one of the same path gives way. */
  readonly artifacts?: readonly LeftArtifact[];
  /** Queued in the same transaction; the task then goes on instead of ending with this job. */
  readonly next?: FallbackJob;
}

/** Ends of jobs. */
export interface JobEnds {
  /**
   * Ends jobs and their tasks with events and notifications, all in one transaction and guarded by the leases; a
   * second time is a no-op.
   * @throws OrchestratorError `result_not_storable` when the database refuses the values themselves.
   */
  complete(jobs: readonly EndedJob[]): Promise<ReadonlyMap<string, StoredEnd>>;
}
