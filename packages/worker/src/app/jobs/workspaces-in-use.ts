import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import { WorkerError } from '../../domain/errors.ts';
import type { WorkspaceStore } from '../../ports/workspace.ts';

/** Seconds after which a caller that was turned away may ask again. */
const retryAfterSeconds = 2;

/** Kept workspaces with one job at a time, whatever an orchestrator believes. See docs/reference/workspaces.md#one-at-a-time. */
export class WorkspacesInUse {
  readonly #store: Pick<WorkspaceStore, 'removeKept'>;
  readonly #live: () => readonly RunJobRequest[];
  /** On their way out. */
  readonly #removing = new Set<string>();

  /** @param live requests of all jobs that have not ended */
  constructor(store: Pick<WorkspaceStore, 'removeKept'>, live: () => readonly RunJobRequest[]) {
    this.#store = store;
    this.#live = live;
  }

  /** @throws WorkerError `node_at_capacity` while another job, or the removal, has the workspace of the job */
  require({ job_id: jobId, sandbox: { workspace } }: RunJobRequest): void {
    if (workspace === undefined) return;
    const { workspace_id: id } = workspace;
    if (!this.#isUsed(id, jobId) && !this.#removing.has(id)) return;
    const text = 'another job of this node still has the workspace; it is free once that has ended';
    throw new WorkerError('node_at_capacity', text, { retryAfterSeconds });
  }

  /** @throws WorkerError `not_found`, `job_conflict` while a job runs in it */
  async remove(id: string): Promise<void> {
    if (this.#isUsed(id)) {
      throw new WorkerError('job_conflict', 'a job runs in the workspace; it goes after its end');
    }
    if (this.#removing.has(id)) return;
    this.#removing.add(id);
    try {
      if (await this.#store.removeKept(id)) return;
      throw new WorkerError('not_found', 'the node keeps no such workspace');
    } finally {
      this.#removing.delete(id);
    }
  }

  #isUsed(id: string, exceptJobId?: string): boolean {
    return this.#live().some(
      ({ job_id: jobId, sandbox }) =>
        jobId !== exceptJobId && sandbox.workspace?.workspace_id === id,
    );
  }
}
