/** A job that a node may still run although nobody waits for it. */
export interface LeftJob {
  readonly taskId: string;
  readonly jobId: string;
  readonly nodeId: string;
}

/** Runs that nobody waits for. See docs/reference/tasks-and-jobs.md#cancel. */
export interface LeftJobs {
  /** Canceled jobs that may still run although nobody looks after them; each is handed out once. */
  takeOrphanedCancels(): Promise<readonly LeftJob[]>;
  /** True while the job runs on that node or waits for a retry there: then nobody else may stop it. */
  isWanted(job: LeftJob): Promise<boolean>;
}
