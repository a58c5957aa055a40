import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import type { AcceptedJob, AcceptedRun } from '../../ports/job-store.ts';
import type { AdmittedJob } from './admit-job.ts';

/** A job that an earlier process of the node took on, with what it takes to go on with its run. */
export type AdoptedJob = AcceptedJob & { readonly run: AcceptedRun };

/** What is left of a request once its container runs: who it is and what is to be held. */
export function adoptedRequest({ taskId, jobId, leaseId, acceptedAt, run }: AdoptedJob): {
  readonly request: RunJobRequest;
  readonly acceptedAt: Date;
  readonly admitted: AdmittedJob;
} {
  const { timeoutSeconds, useInference, workspaceId: id } = run;
  return {
    request: {
      version: 1,
      task_id: taskId,
      job_id: jobId,
      ...(leaseId !== undefined && { lease_id: leaseId }),
      sandbox: {
        command: [],
        use_inference: useInference,
        ...(id !== undefined && { workspace: { workspace_id: id, must_exist: true } }),
      },
    },
    acceptedAt,
    admitted: { image: '', timeoutSeconds },
  };
}
