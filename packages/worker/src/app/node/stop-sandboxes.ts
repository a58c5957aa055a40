import type { Log } from '@cynodeai/runtime/observe';
import { WorkerError } from '../../domain/errors.ts';
import type { JobService } from '../jobs/job-service.ts';

/**
 * Ends every sandbox of a node that stops and writes down how that went.
 * @throws WorkerError `container_resists`, so that the process ends with a non-zero exit code.
 * See docs/reference/nodes.md#shutdown-of-a-node, REQ-WORKER-0257.
 */
export async function stopSandboxes(
  jobs: Pick<JobService, 'shutdown'>,
  graceMs: number,
  log: Log,
): Promise<void> {
  const { stopped, resisted } = await jobs.shutdown(graceMs);
  if (resisted.length === 0) {
    log.info('sandboxes stopped', { stopped, resisted });
    return;
  }
  log.error('sandboxes resisted the shutdown', { stopped, resisted });
  throw new WorkerError('container_resists', `${resisted.length} containers did not stop`);
}
