import type { RunJobRequest, RunJobResult } from '@cynodeai/contracts';
import { messageOf } from '@cynodeai/runtime/std';
import { WorkerError, type WorkerErrorCode } from '../../domain/errors.ts';
import { sandboxName } from '../../domain/sandbox/naming.ts';
import { type AdmittedJob, admitJob } from './admit-job.ts';
import type { JobLimits } from './job-limits.ts';
import { runJob, type RunJobDeps } from './run-job.ts';

/** Names of the containers a shutdown ended, and of those that did not die. */
export interface ShutdownOutcome {
  readonly stopped: string[];
  readonly resisted: string[];
}

export interface JobServiceDeps extends RunJobDeps {
  readonly limits: () => JobLimits;
}

/** Runs jobs in sandboxes. Contract 03 sections 5.4 to 5.9. */
export interface JobService {
  /**
   * Runs one job to its end. The caller must call `release` after the answer was written.
   * @throws WorkerError `validation`, `node_policy_refused`, `node_at_capacity`, `job_conflict`,
   *   `inference_unavailable`, `node_shutting_down`, `internal`; nothing needs releasing then
   */
  run(request: RunJobRequest): Promise<RunJobResult>;
  /** Starts ending a job: SIGTERM, `graceSeconds`, kill. Its run then answers `failed`. */
  stop(jobId: string, graceSeconds: number): 'stopping' | 'not_running';
  /** The answer was written: the job directory goes. Unknown and running ids are ignored. */
  release(jobId: string): Promise<void>;
  /** Refuses new jobs and ends all running ones; returns 5 s after `graceMs` at the latest. */
  shutdown(graceMs: number): Promise<ShutdownOutcome>;
  /** Jobs that run at this moment. */
  readonly running: number;
}

/** Seconds after which a caller that was turned away may ask again. */
const retryAfterSeconds = 2;

/** How long a shutdown waits for a container behind its grace before it counts as resisting, in ms. */
const killLimitMs = 5000;

/** Codes of a failed run that the caller sees as they are; anything else is a fault of the node. */
const passedOn: ReadonlySet<WorkerErrorCode> = new Set([
  'validation',
  'job_conflict',
  'node_shutting_down',
]);

interface Job {
  readonly id: string;
  readonly name: string;
  readonly abort: AbortController;
  /** An `ended` job keeps its id until it is released. */
  state: 'preparing' | 'running' | 'ended';
}

const shuttingDown = (): WorkerError =>
  new WorkerError('node_shutting_down', 'the node is shutting down');

class SandboxJobs implements JobService {
  readonly #deps: JobServiceDeps;
  readonly #jobs = new Map<string, Job>();
  #closing = false;

  constructor(deps: JobServiceDeps) {
    this.#deps = deps;
  }

  get running(): number {
    return this.#live().length;
  }

  async run(request: RunJobRequest): Promise<RunJobResult> {
    const { job, admitted } = this.#enter(request);
    const onContainer = (): void => {
      job.state = 'running';
    };
    try {
      const { name, abort } = job;
      const run = { request, admitted, name, signal: abort.signal, onContainer };
      const { result, stopped } = await runJob(this.#deps, run);
      if (stopped && this.#closing) throw shuttingDown();
      job.state = 'ended';
      return result;
    } catch (error) {
      throw await this.#failed(job, error);
    }
  }

  stop(jobId: string, graceSeconds: number): 'stopping' | 'not_running' {
    const job = this.#jobs.get(jobId);
    if (job === undefined || job.state === 'ended') return 'not_running';
    void this.#end(job, graceSeconds);
    return 'stopping';
  }

  async release(jobId: string): Promise<void> {
    const job = this.#jobs.get(jobId);
    if (job?.state === 'ended') await this.#forget(job);
  }

  async shutdown(graceMs: number): Promise<ShutdownOutcome> {
    this.#closing = true;
    const { promise: late, resolve } = Promise.withResolvers<false>();
    const timer = setTimeout(() => resolve(false), graceMs + killLimitMs);
    const ends = this.#live().map(async (job) => ({
      name: job.name,
      ended: await Promise.race([this.#end(job, graceMs / 1000), late]),
    }));
    const outcomes = await Promise.all(ends);
    clearTimeout(timer);
    const names = (ended: boolean): string[] =>
      outcomes.filter((outcome) => outcome.ended === ended).map((outcome) => outcome.name);
    return { stopped: names(true), resisted: names(false) };
  }

  #live(): Job[] {
    return [...this.#jobs.values()].filter((job) => job.state !== 'ended');
  }

  /** Everything that is refused before anything of the job exists, in the order of contract 03 section 5.4. */
  #enter(request: RunJobRequest): { readonly job: Job; readonly admitted: AdmittedJob } {
    if (this.#closing) throw shuttingDown();
    const limits = this.#deps.limits();
    const admitted = admitJob(request, limits);
    if (this.running >= limits.maxConcurrency) {
      throw new WorkerError('node_at_capacity', 'the node runs as many jobs as it may', {
        retryAfterSeconds,
      });
    }
    if (this.#jobs.has(request.job_id)) {
      throw new WorkerError('job_conflict', 'a job with this id is running on the node');
    }
    if (request.sandbox.use_inference === true) {
      throw new WorkerError('inference_unavailable', 'this node has no inference service');
    }
    const job: Job = {
      id: request.job_id,
      name: sandboxName(request.job_id),
      abort: new AbortController(),
      state: 'preparing',
    };
    this.#jobs.set(job.id, job);
    return { job, admitted };
  }

  /** True when nothing of the job runs any more. */
  async #end(job: Job, graceSeconds: number): Promise<boolean> {
    job.abort.abort();
    if (job.state !== 'running') return true;
    try {
      await this.#deps.engine.stop(job.name, graceSeconds);
      return true;
    } catch (error) {
      this.#deps.log.error('container could not be stopped', {
        container: job.name,
        error: messageOf(error),
      });
      return false;
    }
  }

  async #failed(job: Job, error: unknown): Promise<WorkerError> {
    job.state = 'ended';
    const known = error instanceof WorkerError && passedOn.has(error.code) ? error : undefined;
    // The directory of a conflict belongs to someone else.
    if (known?.code === 'job_conflict') this.#jobs.delete(job.id);
    else await this.#forget(job);
    if (known !== undefined) return known;
    this.#deps.log.error('job could not be run', { job_id: job.id, error: messageOf(error) });
    return new WorkerError('internal', 'the node could not run the job', { cause: error });
  }

  async #forget(job: Job): Promise<void> {
    try {
      await this.#deps.workspace.remove(job.id);
    } catch (error) {
      this.#deps.log.error('job directory could not be removed', {
        job_id: job.id,
        error: messageOf(error),
      });
    }
    this.#jobs.delete(job.id);
  }
}

/** A job service over an engine. */
export function createJobService(deps: JobServiceDeps): JobService {
  return new SandboxJobs(deps);
}
