import type { Log } from '@cynodeai/runtime/observe';
import type { Clock } from '@cynodeai/runtime/std';
import { sandboxName } from '../../domain/sandbox/naming.ts';
import type { AcceptedJob, JobStore } from '../../ports/job-store.ts';
import type { SandboxEngine } from '../../ports/sandbox-engine.ts';
import type { AdoptedJob } from './adopted-job.ts';
import type { JobService } from './job-service.ts';
import { faultResult } from './job-result.ts';
import { restartedReason } from './run-job.ts';

export interface RecoverJobsDeps {
  readonly store: JobStore;
  readonly engine: Pick<SandboxEngine, 'kept'>;
  readonly jobs: Pick<JobService, 'adopt'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Goes on with what an earlier process of this node left unfinished and a keeper has kept; ends the rest: `failed`, 125,
 * `node restarted`. See docs/reference/worker-api.md#life-of-a-job-on-its-node, REQ-WORKER-0149.
 */
export async function recoverJobs({ store, engine, jobs, clock, log }: RecoverJobsDeps) {
  const unfinished = store.unfinished();
  if (unfinished.length === 0) return;
  const kept = await engine.kept();
  const isAdopted = (job: AcceptedJob): job is AdoptedJob =>
    job.run !== undefined && kept.has(sandboxName(job.jobId));
  const adopted = unfinished.filter(isAdopted);
  for (const job of adopted) jobs.adopt(job);
  const lost = unfinished.filter((job) => !isAdopted(job));
  const now = clock.now();
  await Promise.all(
    lost.map((job) => store.finish(faultResult(job, restartedReason, job.acceptedAt, now), now)),
  );
  const ids = (some: readonly AcceptedJob[]): string[] => some.map(({ jobId }) => jobId);
  log.warn('jobs of an earlier run of the node', { go_on: ids(adopted), failed: ids(lost) });
}
