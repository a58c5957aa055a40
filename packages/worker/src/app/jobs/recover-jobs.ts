import type { Log } from '@cynodeai/runtime/observe';
import type { Clock } from '@cynodeai/runtime/std';
import type { JobStore } from '../../ports/job-store.ts';
import { faultResult } from './job-result.ts';

export interface RecoverJobsDeps {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Reason of a job that an earlier process of the node did not end.
 * See docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
export const restartedReason = 'node restarted';

/**
 * Ends what an earlier process of this node left unfinished: `failed`, 125, `node restarted`. Its
 * containers must be gone by now. See docs/reference/worker-api.md#life-of-a-job-on-its-node,
 * REQ-WORKER-0149.
 */
export async function recoverJobs({ store, clock, log }: RecoverJobsDeps): Promise<void> {
  const lost = store.unfinished();
  if (lost.length === 0) return;
  const now = clock.now();
  await Promise.all(
    lost.map((job) => store.finish(faultResult(job, restartedReason, job.acceptedAt, now), now)),
  );
  log.warn('jobs of an earlier run of the node failed', { jobs: lost.map(({ jobId }) => jobId) });
}
