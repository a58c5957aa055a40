import type { LogPiece } from '../domain/jobs/end-events.ts';
import type { JobOfTask } from '../domain/jobs/job-events.ts';
import type { JobLease } from './leases.ts';

/** What a job said since the last time. */
export interface LiveNews {
  readonly lease: JobLease;
  readonly pieces: readonly LogPiece[];
}

/** Both streams of a job, by name. */
export type BothStreams<T> = Readonly<Record<LogPiece['stream'], T>>;

/** What jobs say while they run. See docs/reference/tasks-and-jobs.md#events. */
export interface LiveOutput {
  /**
   * Adds the news of several jobs to the events of their tasks, in order. Answers with the ids of the jobs whose lease
   * is current; of the others nothing was added.
   */
  tell(news: readonly LiveNews[]): Promise<ReadonlySet<string>>;
  /** What was told so far of the current run of a job, whoever held its lease. */
  told(job: JobOfTask): Promise<BothStreams<string>>;
}
