import type { AckJobRequest } from '@cynodeai/contracts/worker-api';
import { WorkerError } from '../../domain/errors.ts';
import type { ArtifactKeeper, OpenArchive } from '../../ports/artifacts.ts';
import type { JobStore } from '../../ports/job-store.ts';
import { AckedJobs } from './acked-jobs.ts';

export interface KeptResultsDeps {
  readonly store: Pick<JobStore, 'find' | 'remove'>;
  readonly artifacts: Pick<ArtifactKeeper, 'open' | 'remove'>;
}

/** Results that wait for their acknowledgement, with the files that were left. */
export class KeptResults {
  readonly #deps: KeptResultsDeps;
  readonly #acked = new AckedJobs();

  constructor(deps: KeptResultsDeps) {
    this.#deps = deps;
  }

  async open(jobId: string): Promise<OpenArchive> {
    const { store, artifacts } = this.#deps;
    const stored = store.find(jobId)?.result;
    const archive = stored?.artifacts && (await artifacts.open(jobId));
    if (archive !== undefined) return archive;
    throw new WorkerError('not_found', 'the node keeps no files of such a job');
  }

  acknowledge({ job_id: jobId, task_id: taskId }: Pick<AckJobRequest, 'job_id' | 'task_id'>): void {
    const { store, artifacts } = this.#deps;
    const stored = store.find(jobId);
    if (stored === undefined) {
      if (this.#acked.has(jobId, taskId)) return;
      throw new WorkerError('not_found', 'the node knows no such job');
    }
    if (stored.taskId !== taskId) {
      throw new WorkerError('job_conflict', 'the job belongs to another task');
    }
    if (stored.result === undefined) {
      throw new WorkerError('job_conflict', 'the job has not ended: ask for its state first');
    }
    store.remove(jobId);
    artifacts.remove(jobId);
    this.#acked.add(jobId, taskId);
  }
}
