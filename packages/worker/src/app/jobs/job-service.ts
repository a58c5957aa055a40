import type { RunJobResult } from '@cynodeai/contracts/common';
import type {
  AckJobRequest,
  RunJobRequest,
  StagedFileQuery,
  WorkerJob,
} from '@cynodeai/contracts/worker-api';
import { messageOf } from '@cynodeai/runtime/std';
import { WorkerError, type WorkerErrorCode } from '../../domain/errors.ts';
import { decideRun } from '../../domain/jobs/decide-run.ts';
import type { RetentionRule } from '../../domain/jobs/retention.ts';
import { sandboxName } from '../../domain/sandbox/naming.ts';
import type { ArtifactKeeper, OpenArchive } from '../../ports/artifacts.ts';
import type { JobStore } from '../../ports/job-store.ts';
import { acceptJob } from './accept-job.ts';
import { type AdoptedJob, adoptedRequest } from './adopted-job.ts';
import { type AdmittedJob, admitJob } from './admit-job.ts';
import { describeJob } from './describe-job.ts';
import { dropOldResults } from './drop-old-results.ts';
import type { JobLimits } from './job-limits.ts';
import type { Job } from './job.ts';
import { KeptResults } from './kept-results.ts';
import { LiveOutput } from './live-output.ts';
import { faultResult } from './job-result.ts';
import { adoptJob, type JobEnd, type JobRun, runJob, type RunJobDeps } from './run-job.ts';
import type { JobService } from './job-service-interface.ts';
import { type StopOutcome, stopJobs } from './stop-jobs.ts';
import { requireRoom, whileRoom } from './require-room.ts';
import { storeResult } from './store-result.ts';
import { WorkspacesInUse } from './workspaces-in-use.ts';

export type { JobService } from './job-service-interface.ts';

export interface JobServiceDeps extends RunJobDeps {
  readonly limits: () => JobLimits;
  readonly store: JobStore;
  readonly artifacts: ArtifactKeeper;
  readonly retention: RetentionRule;
}

/** Seconds after which a caller that was turned away may ask again. */
const retryAfterSeconds = 2;

/** Codes of a failed run that the caller sees as they are; anything else is a fault of the node. */
const passedOn: ReadonlySet<WorkerErrorCode> = new Set([
  'validation',
  'job_conflict',
  'node_shutting_down',
  'inference_unavailable',
  'not_run',
  'memory_short',
  'start_lost',
]);

const shuttingDown = (): WorkerError =>
  new WorkerError('node_shutting_down', 'the node is shutting down');

class SandboxJobs implements JobService {
  readonly #deps: JobServiceDeps;
  readonly #jobs = new Map<string, Job>();
  readonly #kept: KeptResults;
  readonly #inUse: WorkspacesInUse;
  #closing = false;

  constructor(deps: JobServiceDeps) {
    this.#deps = deps;
    this.#kept = new KeptResults(deps);
    const live = () => this.#live().map(({ request }) => request);
    this.#inUse = new WorkspacesInUse(deps.workspace, live);
  }

  get running(): number {
    return this.#live().length;
  }

  lives(jobId: string): boolean {
    return this.#jobs.has(jobId);
  }

  async run(request: RunJobRequest): Promise<RunJobResult> {
    const known = await this.#take(request);
    return 'done' in known ? known.done : known.result;
  }

  async submit(request: RunJobRequest): Promise<RunJobResult | 'accepted'> {
    const known = await this.#take(request);
    if ('result' in known) return known.result;
    known.promised = true;
    return 'accepted';
  }

  async stage(
    jobId: string,
    file: StagedFileQuery,
    content: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    await this.#beforeRun(jobId, (open) => this.#deps.workspace.stage(jobId, file, content, open));
  }

  async stageFolder(jobId: string, folder: string, content: AsyncIterable<Buffer>): Promise<void> {
    await requireRoom(this.#deps);
    const { workspace } = this.#deps;
    await this.#beforeRun(jobId, (open) =>
      workspace.stageFolder(jobId, folder, whileRoom(this.#deps, content), open),
    );
  }

  async reuseFolder(jobId: string, folder: string): Promise<boolean> {
    const { workspace } = this.#deps;
    let isHere = false;
    await this.#beforeRun(jobId, async (open) => {
      isHere = await workspace.reuseFolder(jobId, folder, open);
    });
    return isHere;
  }

  async #beforeRun(
    jobId: string,
    stage: (stillOpen: () => boolean) => Promise<void>,
  ): Promise<void> {
    const open = (): boolean => !this.#closing && this.#deps.store.find(jobId) === undefined;
    // An earlier run of this id still loses its directory.
    if (open()) await this.#jobs.get(jobId)?.gone;
    if (this.#closing) throw shuttingDown();
    if (!open()) {
      throw new WorkerError('job_conflict', 'the job runs already: it takes no more input files');
    }
    await stage(open);
  }

  get(jobId: string): WorkerJob {
    const job = this.#jobs.get(jobId);
    const live = job === undefined || job.state === 'ended' ? undefined : job;
    const stored = this.#deps.store.find(jobId);
    if (stored === undefined) throw new WorkerError('not_found', 'the node knows no such job');
    return describeJob(stored, live);
  }

  output(jobId: string): LiveOutput {
    const job = this.#jobs.get(jobId);
    if (job !== undefined) return job.live;
    this.get(jobId);
    const over = new LiveOutput();
    over.end();
    return over;
  }

  async artifacts(jobId: string): Promise<OpenArchive> {
    return this.#kept.open(jobId);
  }

  acknowledge(ack: Pick<AckJobRequest, 'job_id' | 'task_id'>): void {
    this.#kept.acknowledge(ack);
  }

  workspaces(): Promise<readonly string[]> {
    return this.#deps.workspace.keptIds();
  }

  removeWorkspace(id: string): Promise<void> {
    return this.#inUse.remove(id);
  }

  stop(jobId: string, graceSeconds: number): 'stopping' | 'not_running' {
    const job = this.#jobs.get(jobId);
    if (job === undefined || job.state === 'ended') return 'not_running';
    void this.#end(job, graceSeconds);
    return 'stopping';
  }

  async stopAll(graceMs: number): Promise<StopOutcome> {
    return stopJobs(this.#live(), (job) => this.#end(job, graceMs / 1000), graceMs);
  }

  async shutdown(graceMs: number): Promise<StopOutcome> {
    this.#closing = true;
    // However this process ends, nobody is to go on with these.
    for (const { name } of this.#live()) this.#deps.engine.forget(name);
    return this.stopAll(graceMs);
  }

  adopt(stored: AdoptedJob): void {
    const { admitted, ...job } = adoptedRequest(stored);
    this.#open(job, (run) => adoptJob(this.#deps, run), admitted).promised = true;
  }

  #live(): Job[] {
    return [...this.#jobs.values()].filter((job) => job.state !== 'ended');
  }

  /** The job of a request: a new one, the one that runs under its lease, or its stored result. */
  async #take(request: RunJobRequest): Promise<Job | { readonly result: RunJobResult }> {
    if (this.#closing) throw shuttingDown();
    for (;;) {
      const job = this.#jobs.get(request.job_id);
      const live = job?.state === 'ended' ? undefined : job;
      const stored = this.#deps.store.find(request.job_id);
      const decision = decideRun(
        stored && { ...stored, state: stored.result === undefined ? 'running' : 'stored' },
        request.lease_id,
      );
      if (decision === 'answer' && stored?.result !== undefined) return { result: stored.result };
      if (decision === 'join' && live !== undefined) return live;
      const admitted = this.#admit(request);
      if (decision !== 'begin' || live !== undefined) {
        throw new WorkerError(
          'job_conflict',
          'this job runs on the node or its result is not acknowledged: ask for its state',
        );
      }
      // An earlier run of this id still loses its directory.
      if (job === undefined) return this.#begin(request, admitted);
      await job.gone;
    }
  }

  /**
   * Policy and capacity, before anything of the job exists.
   * See docs/reference/worker-api.md#run-a-job.
   */
  #admit(request: RunJobRequest): AdmittedJob {
    if (this.#closing) throw shuttingDown();
    const limits = this.#deps.limits();
    const admitted = admitJob(request, limits);
    this.#inUse.require(request);
    if (this.running >= limits.maxConcurrency) {
      throw new WorkerError('node_at_capacity', 'the node runs as many jobs as it may', {
        retryAfterSeconds,
      });
    }
    return admitted;
  }

  #begin(request: RunJobRequest, admitted: AdmittedJob): Job {
    const useInference = request.sandbox.use_inference === true;
    if (useInference && this.#deps.engine.facts.wayObstacle !== undefined) {
      throw new WorkerError(
        'node_policy_refused',
        'the container engine of this node cannot give a sandbox a way to a model; cynode doctor there says why',
      );
    }
    if (useInference && !this.#deps.relay.available()) {
      throw new WorkerError('inference_unavailable', 'this node has no usable inference service');
    }
    const acceptedAt = this.#deps.clock.now();
    acceptJob(this.#deps, request, admitted, acceptedAt);
    return this.#open({ request, acceptedAt }, (run) => runJob(this.#deps, run), admitted);
  }

  #open(
    { request, acceptedAt }: Pick<Job, 'request' | 'acceptedAt'>,
    perform: (run: JobRun) => Promise<JobEnd>,
    admitted: AdmittedJob,
  ): Job {
    const { promise, resolve, reject } = Promise.withResolvers<RunJobResult>();
    // Nobody may be waiting: the result is in the store.
    promise.catch(() => {});
    const job: Job = {
      request,
      name: sandboxName(request.job_id),
      acceptedAt,
      abort: new AbortController(),
      state: 'preparing',
      live: new LiveOutput(),
      promised: false,
      foreignDirectory: false,
      done: promise,
      gone: Promise.resolve(),
    };
    this.#jobs.set(request.job_id, job);
    job.gone = this.#perform(job, admitted, perform)
      .then(resolve, reject)
      .then(() => this.#forget(job));
    return job;
  }

  /** Runs the job and stores its end before anybody hears of it. */
  async #perform(
    job: Job,
    admitted: AdmittedJob,
    perform: (run: JobRun) => Promise<JobEnd>,
  ): Promise<RunJobResult> {
    const { request, name, abort } = job;
    const onContainer = (): void => {
      job.state = 'running';
      job.startedAt = this.#deps.clock.now();
    };
    try {
      const onWatch: JobRun['onWatch'] = (watch) => void (job.watch = watch);
      const { signal } = abort;
      const calls = { onContainer, onWatch, isDropped: () => this.#closing, heard: job.live.heard };
      const run: JobRun = { request, admitted, name, signal, ...calls };
      const { result, stopped, endedForDisk } = await perform(run);
      // The row stays without a result: the next start of the node says what became of the job.
      if (stopped && this.#closing) throw shuttingDown();
      // Whoever hears that it filled the disk finds the disk as it was.
      if (endedForDisk) await this.#clear(job);
      await this.#store(job, result);
      return result;
    } catch (error) {
      throw await this.#failed(job, error);
    } finally {
      job.live.end();
    }
  }

  async #store(job: Job, result: RunJobResult): Promise<void> {
    const { store, retention } = this.#deps;
    await storeResult(this.#deps, result, () => this.#clear(job));
    job.state = 'ended';
    if (store.resultBytes > retention.maxBytes) {
      dropOldResults({ ...this.#deps, rule: retention });
    }
  }

  /** True when nothing of the job is left but its result. */
  async #end(job: Job, graceSeconds: number): Promise<boolean> {
    job.abort.abort();
    try {
      if (job.state === 'running') await this.#deps.engine.stop(job.name, graceSeconds);
      await job.gone;
      return true;
    } catch (error) {
      this.#deps.log.error('container could not be stopped', {
        container: job.name,
        error: messageOf(error),
      });
      return false;
    }
  }

  /**
   * A run without a result. What may have had an effect, or was accepted for later, keeps a failed row, so
   * that its lease never runs it again; the rest may be sent again as it is.
   */
  async #failed(job: Job, error: unknown): Promise<WorkerError> {
    const known = error instanceof WorkerError && passedOn.has(error.code) ? error : undefined;
    const failure =
      known ?? new WorkerError('internal', 'the node could not run the job', { cause: error });
    if (known === undefined) {
      const fields = { job_id: job.request.job_id, error: messageOf(error) };
      this.#deps.log.error('job could not be run', fields);
    }
    job.foreignDirectory = known?.code === 'job_conflict';
    if (failure.code !== 'node_shutting_down') {
      const untouched = job.state === 'preparing' || known !== undefined;
      await this.#settle(job, untouched && !job.promised, failure.message);
    }
    job.state = 'ended';
    return failure;
  }

  async #settle(job: Job, forgotten: boolean, reason: string): Promise<void> {
    const { store, clock } = this.#deps;
    const { task_id: taskId, job_id: jobId, lease_id: leaseId } = job.request;
    try {
      if (forgotten) {
        store.remove(jobId);
        return;
      }
      const identity = { taskId, jobId, ...(leaseId !== undefined && { leaseId }) };
      const start = job.startedAt ?? job.acceptedAt;
      await this.#store(job, faultResult(identity, reason, start, clock.now()));
    } catch (error) {
      this.#deps.log.error('the end of a job could not be stored', {
        job_id: jobId,
        error: messageOf(error),
      });
    }
  }

  async #clear({ request: { job_id: jobId }, foreignDirectory }: Job): Promise<void> {
    try {
      if (!foreignDirectory) await this.#deps.workspace.remove(jobId);
    } catch (error) {
      this.#deps.log.error('job directory could not be removed', {
        job_id: jobId,
        error: messageOf(error),
      });
    }
  }

  async #forget(job: Job): Promise<void> {
    await this.#clear(job);
    job.watch?.close();
    this.#deps.engine.forget(job.name);
    this.#jobs.delete(job.request.job_id);
  }
}

/** A job service over an engine. */
export function createJobService(deps: JobServiceDeps): JobService {
  return new SandboxJobs(deps);
}
