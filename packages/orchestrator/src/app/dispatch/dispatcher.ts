import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { type Outcome, decideOutcome, failed } from '../../domain/dispatch/outcome.ts';
import { eligibleNodes } from '../../domain/dispatch/select-node.ts';
import { logPieces } from '../../domain/jobs/end-events.ts';
import type { BlobReader } from '../../ports/blobs.ts';
import type { ClaimedJob, JobLease, JobQueue } from '../../ports/dispatch.ts';
import type { WorkerApi } from '../../ports/worker-api.ts';
import type { JobCompleter } from '../jobs/job-completer.ts';
import { retryStorage } from '../jobs/retry-storage.ts';
import { prepareRequest } from './prepare-request.ts';

export interface DispatcherDeps {
  readonly queue: JobQueue;
  readonly worker: WorkerApi;
  readonly blobs: BlobReader;
  readonly completer: JobCompleter;
  readonly log: Log;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Called when a job of this process is over and its slot may be filled. */
  readonly onSlotFree: () => void;
}

interface InFlight {
  readonly job: ClaimedJob;
  readonly done: Promise<void>;
  canceled: boolean;
  stopAccepted: boolean;
}

type Ended = Extract<Outcome, { kind: 'ended' }>;

/** Seconds between SIGTERM and kill of a canceled job. Contract 01 section 4.6. */
const stopGraceSeconds = 30;

/**
 * Claims queued jobs and sends each to its node, all at once: a slow job never holds up another and nothing holds
 * a transaction across a call. Loops and wake-ups are the caller's. Contract 01 section 5 (REQ-ORCHES-0100, 0107).
 */
export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #inFlight = new Map<string, InFlight>();
  readonly #abandon = new AbortController();
  #closing = false;

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
  }

  /** Ids of the jobs whose answers this process waits for. */
  get inFlight(): readonly string[] {
    return [...this.#inFlight.keys()];
  }

  /** Claims and starts what fits now, until nothing more does; resolves without waiting for the jobs. */
  async dispatch(): Promise<void> {
    while (!this.#closing) {
      const jobs = await this.#deps.queue.claimSandboxJobs(this.#stillRunning());
      for (const job of jobs) this.#start(job);
      if (jobs.length === 0) return;
    }
  }

  /** Ends queued prompts: this stage has no model, and text is never run as a command (REQ-ORCHES-0125). */
  async refusePrompts(): Promise<void> {
    while (!this.#closing) {
      const leases = await this.#deps.queue.claimInferenceJobs();
      if (leases.length === 0) return;
      const message =
        'no model is configured, so a prompt cannot be answered; use input mode script or commands, which run without a model';
      await Promise.all(
        leases.map((lease) => this.#end(lease, failed('no_inference_path', message))),
      );
    }
  }

  /** Looks for jobs of its own that were canceled and asks their nodes to stop them. Contract 01 section 4.6. */
  async stopCanceled(): Promise<void> {
    const unaware = this.#running((entry) => !entry.canceled).map((entry) => entry.job.jobId);
    if (unaware.length > 0) {
      for (const jobId of await this.#deps.queue.canceledAmong(unaware)) {
        const entry = this.#inFlight.get(jobId);
        if (entry !== undefined) entry.canceled = true;
      }
    }
    await Promise.all(
      this.#running((entry) => entry.canceled && !entry.stopAccepted).map((entry) =>
        this.#stop(entry),
      ),
    );
  }

  /** Fails running jobs whose lease passed and which nobody here waits for. Contract 01 section 5.6. */
  async failOrphans(): Promise<void> {
    const leases = await this.#deps.queue.expiredLeases(this.inFlight);
    const message = 'the orchestrator was restarted while the job ran; its result is unknown';
    for (const lease of leases) {
      this.#deps.log.warn('a running job has no owner any more', { job_id: lease.jobId });
      await this.#end(lease, failed('orchestrator_restarted', message));
    }
  }

  /** No new claims from now on. */
  close(): void {
    this.#closing = true;
  }

  /**
   * Waits up to `limitMs` for answers under way, then stops waiting and leaves those jobs to the next process.
   * `close` comes first, and a claim under way must have ended.
   */
  async drain(limitMs: number): Promise<void> {
    const all = Promise.all(this.#running().map((entry) => entry.done));
    const over = new AbortController();
    await Promise.race([all, this.#deps.sleep(limitMs, over.signal)]);
    over.abort();
    const left = this.#running();
    if (left.length === 0) return;
    this.#deps.log.warn('jobs are left running at shutdown', { jobs: left.length });
    this.#deps.completer.giveUp();
    await Promise.all(left.map((entry) => this.#stop(entry)));
    this.#abandon.abort();
    await Promise.all(left.map((entry) => entry.done));
    await this.#deps.queue.abandon(left.map((entry) => entry.job));
  }

  #running(which: (entry: InFlight) => boolean = () => true): InFlight[] {
    return [...this.#inFlight.values()].filter(which);
  }

  /** Jobs a node still winds down although their rows say `canceled`. */
  #stillRunning(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { job } of this.#running((entry) => entry.canceled)) {
      counts.set(job.node.nodeId, (counts.get(job.node.nodeId) ?? 0) + 1);
    }
    return counts;
  }

  #start(job: ClaimedJob): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry: InFlight = { job, done: promise, canceled: false, stopAccepted: false };
    this.#inFlight.set(job.jobId, entry);
    void this.#run(job)
      .catch((error: unknown) => {
        this.#deps.log.error('a job could not be brought to its end', {
          job_id: job.jobId,
          error: messageOf(error),
        });
      })
      .finally(() => {
        this.#inFlight.delete(job.jobId);
        resolve();
        this.#deps.onSlotFree();
      });
  }

  async #run(job: ClaimedJob): Promise<void> {
    const outcome = await this.#send(job);
    if (outcome === undefined) return;
    if (outcome.kind === 'ended') return this.#end(job, outcome);
    if (outcome.kind === 'other_node') return this.#tryOther(job, outcome);
    const { reason, nodeFault, delayMs } = outcome;
    this.#deps.log.warn('a job was not taken by its node', { job_id: job.jobId, reason });
    await this.#persist('a job that did not run', async () => {
      if (nodeFault) await this.#deps.queue.deactivateNode(job.node.nodeId, reason);
      await this.#deps.queue.requeue(job, { delayMs, reason, refusedBy: undefined });
    });
  }

  /** What came of sending the job; undefined when this process stopped waiting. */
  async #send(job: ClaimedJob): Promise<Outcome | undefined> {
    const { worker, log } = this.#deps;
    let request;
    try {
      request = await prepareRequest(job, this.#deps);
    } catch (error) {
      log.error('the input of a job cannot be read', {
        job_id: job.jobId,
        error: messageOf(error),
      });
      return failed(
        'input_unavailable',
        `the input of the job cannot be read: ${messageOf(error)}`,
      );
    }
    const { deadlineMs } = job;
    const answer = await worker.runJob(job.node, request, {
      deadlineMs,
      signal: this.#abandon.signal,
    });
    const given = answer.kind === 'result' || answer.kind === 'refused';
    if (this.#abandon.signal.aborted && !given) return undefined;
    const sent = { ...job, nodeSlug: job.node.slug };
    return decideOutcome(answer, sent, Math.random());
  }

  async #tryOther(
    job: ClaimedJob,
    { reason, otherwise }: Extract<Outcome, { kind: 'other_node' }>,
  ): Promise<void> {
    const { queue } = this.#deps;
    const refusedBy = [...(job.payload.dispatch?.refused_by ?? []), job.node.nodeId];
    const useInference = job.payload.use_inference;
    const moved = await this.#persist('a refused job', async () => {
      const others = eligibleNodes(await queue.nodeFacts(), { useInference, refusedBy });
      if (typeof others === 'string') return false;
      await queue.requeue(job, { delayMs: 0, reason, refusedBy: job.node.nodeId });
      return true;
    });
    if (moved === false) await this.#end(job, otherwise);
  }

  #persist<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    const { log, sleep } = this.#deps;
    return retryStorage(work, { log, what, sleep, signal: this.#abandon.signal });
  }

  async #end(lease: JobLease, { status, result, summary }: Ended): Promise<void> {
    const { taskId, jobId, leaseId } = lease;
    const logs = logPieces(result);
    const end = await this.#deps.completer.complete({
      taskId,
      jobId,
      leaseId,
      status,
      result,
      summary,
      logs,
    });
    this.#deps.log.info('a job ended', { job_id: jobId, task_id: taskId, status, stored: end });
  }

  async #stop(entry: InFlight): Promise<void> {
    const { taskId, jobId, node } = entry.job;
    const answer = await this.#deps.worker.stopJob(node, {
      taskId,
      jobId,
      graceSeconds: stopGraceSeconds,
    });
    // `not_running` may mean that the request has not arrived yet: ask again while its answer is outstanding.
    entry.stopAccepted = answer === 'stopping';
    this.#deps.log.info('a node was asked to stop a job', { job_id: jobId, answer });
  }
}
