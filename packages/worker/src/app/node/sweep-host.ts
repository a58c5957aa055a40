import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { isJobContainer, jobOfContainer } from '../../domain/sandbox/naming.ts';
import type { SandboxHost } from '../../ports/worker-api.ts';
import type { DiskGuard } from '../disk/disk-guard.ts';
import type { JobService } from '../jobs/job-service.ts';

export interface SweepHostDeps {
  readonly host: Pick<SandboxHost, 'engine' | 'workspace' | 'secrets'>;
  readonly jobs: Pick<JobService, 'lives'>;
  readonly disk: Pick<DiskGuard, 'tidy'>;
  readonly nodeSlug: string;
  readonly log: Log;
}

/**
 * Removes containers, layers, processes and folders of jobs that are over: what a removal left that failed, on a full
 * disk for instance, or whose process was killed. What cannot be removed now is tried again by the next sweep.
 * See docs/reference/nodes.md#readiness-of-a-node.
 */
export async function sweepHost(deps: SweepHostDeps): Promise<void> {
  const { host, jobs, disk, nodeSlug, log } = deps;
  const steps = {
    containers: () =>
      // What is no job's, such as a model service on its way, is not this sweep's.
      host.engine.removeLeftovers(
        nodeSlug,
        (name) => !isJobContainer(name) || jobs.lives(jobOfContainer(name)),
      ),
    secrets: () => host.secrets.removeStrays((jobId) => jobs.lives(jobId)),
    folders: () => host.workspace.removeStrays((jobId) => jobs.lives(jobId)),
  };
  for (const [what, step] of Object.entries(steps)) {
    try {
      const removed = await step();
      if (removed.length > 0) log.warn('the sweep removed what jobs had left', { what, removed });
    } catch (error) {
      log.error('the sweep could not remove what jobs have left', {
        what,
        reason: messageOf(error),
      });
    }
  }
  await disk.tidy();
}
