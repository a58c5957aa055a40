import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import { diskFull, isDiskFull, WorkerError } from '../../domain/errors.ts';
import type { JobStore } from '../../ports/job-store.ts';
import type { DiskGuard } from '../disk/disk-guard.ts';
import type { AdmittedJob } from './admit-job.ts';

export interface AcceptJobDeps {
  readonly store: Pick<JobStore, 'accept'>;
  readonly disk: Pick<DiskGuard, 'makeRoom'>;
}

/**
 * Notes a job down before it runs.
 * @throws WorkerError `not_run` on a disk that has no room for as much as that: it may be sent again
 */
export function acceptJob(
  deps: AcceptJobDeps,
  request: RunJobRequest,
  { timeoutSeconds }: Pick<AdmittedJob, 'timeoutSeconds'>,
  acceptedAt: Date,
): void {
  const { sandbox } = request;
  try {
    deps.store.accept({
      jobId: request.job_id,
      taskId: request.task_id,
      ...(request.lease_id !== undefined && { leaseId: request.lease_id }),
      acceptedAt,
      run: {
        timeoutSeconds,
        useInference: sandbox.use_inference === true,
        ...(sandbox.workspace && { workspaceId: sandbox.workspace.workspace_id }),
      },
    });
  } catch (cause) {
    if (!isDiskFull(cause)) throw cause;
    deps.disk.makeRoom();
    throw new WorkerError('not_run', diskFull, { cause });
  }
}
