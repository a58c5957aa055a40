import type { WorkerJob } from '@cynodeai/contracts/worker-api';
import type { StoredJob } from '../../ports/job-store.ts';

/** A job that has not ended, as far as it has come. */
export interface LiveJob {
  /** Absent until its container was asked for. */
  readonly startedAt?: Date;
}

/**
 * What the node says of a job. Between its last breath and the next start of the node a job that
 * was cut off counts as in progress. See docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
export function describeJob(stored: StoredJob, live: LiveJob | undefined): WorkerJob {
  const { result } = stored;
  const startedAt = result?.started_at ?? live?.startedAt?.toISOString();
  const pending = live !== undefined && live.startedAt === undefined ? 'accepted' : 'in_progress';
  return {
    version: 1,
    task_id: stored.taskId,
    job_id: stored.jobId,
    ...(stored.leaseId !== undefined && { lease_id: stored.leaseId }),
    status: result?.status ?? pending,
    ...(startedAt !== undefined && { started_at: startedAt }),
    ...(result !== undefined && { result }),
  };
}
