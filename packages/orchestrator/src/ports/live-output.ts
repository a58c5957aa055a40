import type { LogPiece } from '../domain/jobs/end-events.ts';
import type { JobLease } from './leases.ts';

/** What a job says while it runs. See docs/reference/tasks-and-jobs.md#events. */
export interface LiveOutput {
  /** Adds pieces to the events of the job's task, in order. False when the lease is not current: nothing was added. */
  tell(lease: JobLease, pieces: readonly LogPiece[]): Promise<boolean>;
}
