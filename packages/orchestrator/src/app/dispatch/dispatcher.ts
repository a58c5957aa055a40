import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { leaseMsOf, leaseTimes } from '../../domain/jobs/job-lease.ts';
import type { BlobOpener, BlobReader } from '../../ports/blobs.ts';
import type { ClaimOptions, ClaimedJob, JobQueue } from '../../ports/dispatch.ts';
import type { WorkerApi } from '../../ports/worker-api.ts';
import type { JobCompleter } from '../jobs/job-completer.ts';
import type { NodeOutbox } from './node-outbox.ts';
import { type Attended, ClaimedJobRun, type RunClaimedJobDeps } from './run-claimed-job.ts';

export interface DispatcherDeps {
  readonly queue: JobQueue;
  readonly worker: WorkerApi;
  readonly blobs: BlobReader & BlobOpener;
  readonly completer: JobCompleter;
  readonly outbox: NodeOutbox;
  readonly log: Log;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Monotonic clock, ms. */
  readonly monotonicMs: () => number;
  /** Called when a job of this process is over and its slot may be filled. */
  readonly onSlotFree: () => void;
  /** Called when a job may be claimed again in `ms`. */
  readonly onDue: (ms: number) => void;
  /** Called when leases became shorter than `renewMs` said so far. */
  readonly onShorterLease: () => void;
  /** Leases this process holds beside these jobs: prompts that a model answers. */
  readonly otherLeases: () => readonly string[];
}

interface InFlight extends Attended {
  readonly done: Promise<void>;
  canceled: boolean;
  stopAccepted: boolean;
}

/** Seconds between SIGTERM and kill of a canceled job. Contract 01 section 4.6. */
const stopGraceSeconds = 30;
/** How long a node that did not answer is left alone while another may take the work, ms. */
const avoidMs = 10_000;
/** Longest wait for a node's answer to an ordered stop, ms. Contract 01 section 1.3. */
const stopAllMs = 15_000;

/**
 * Claims queued jobs and looks after them, all at once: a slow job never holds up another and nothing holds a
 * transaction across a call. Loops and wake-ups are the caller's. Contract 01 section 5 (REQ-ORCHES-0100, 0107).
 */
export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #run: RunClaimedJobDeps;
  readonly #inFlight = new Map<string, InFlight>();
  readonly #silent = new Map<string, number>();
  #leaseMs = leaseMsOf(undefined);
  #closing = false;

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
    this.#run = {
      ...deps,
      claimOptions: () => this.#claimOptions(),
      onSilent: (nodeId) => this.#silent.set(nodeId, deps.monotonicMs() + avoidMs),
    };
  }

  /** Ids of the jobs this process looks after. */
  get inFlight(): readonly string[] {
    return [...this.#inFlight.keys()];
  }

  /** Pause between two renewals, ms. */
  get renewMs(): number {
    return leaseTimes(this.#leaseMs).renewMs;
  }

  /** Claims and starts what fits now, until nothing more does; resolves without waiting for the jobs. */
  async dispatch(): Promise<void> {
    while (!this.#closing) {
      const claimedAt = this.#deps.monotonicMs();
      const jobs = await this.#deps.queue.claimSandboxJobs(this.#claimOptions());
      for (const job of jobs) this.#attend(job, claimedAt, (run) => run.start());
      if (jobs.length === 0) return;
    }
  }

  /** Takes up jobs whose former lease is over. Contract 01 section 5.6. */
  async retry(): Promise<void> {
    while (!this.#closing) {
      const claimedAt = this.#deps.monotonicMs();
      const jobs = await this.#deps.queue.claimRetries();
      for (const job of jobs) this.#attend(job, claimedAt, (run) => run.resume(job));
      if (jobs.length === 0) return;
    }
  }

  /** Looks for jobs of its own that were canceled and asks their nodes to stop them. Contract 01 section 4.6. */
  async stopCanceled(): Promise<void> {
    const unaware = this.#running((entry) => !entry.canceled).map((entry) => entry.job.jobId);
    if (unaware.length > 0) this.#markCanceled(await this.#deps.queue.canceledAmong(unaware));
    await Promise.all(
      this.#running((entry) => entry.canceled && !entry.stopAccepted).map((entry) =>
        this.#stop(entry),
      ),
    );
  }

  /**
   * Extends the leases of all jobs that showed a sign of life lately, in one statement, and lets go of those whose
   * lease is gone. Contract 01 section 5.6.
   */
  async renew(): Promise<void> {
    const { freshMs } = leaseTimes(this.#leaseMs);
    const now = this.#deps.monotonicMs();
    const alive = this.#running((entry) => now - entry.heartbeat.aliveAt < freshMs);
    const leases = alive.map(({ job: { taskId, jobId, leaseId } }) => ({ taskId, jobId, leaseId }));
    const renewal = await this.#deps.queue.renew(leases);
    this.#leaseMs = renewal.leaseMs;
    this.#markCanceled(renewal.canceled);
    const asked = new Map(leases.map((lease) => [lease.jobId, lease.leaseId]));
    for (const jobId of renewal.lost) {
      const entry = this.#inFlight.get(jobId);
      // A move may have changed the lease meanwhile; an end that is just being stored is no loss either.
      if (entry === undefined || entry.job.leaseId !== asked.get(jobId)) continue;
      this.#deps.log.warn('the lease of a job is gone', { job_id: jobId });
      entry.abandon.abort();
    }
  }

  /** Takes away leases that nobody renews, and stops canceled jobs nobody looks after. Contract 01 section 5.6. */
  async reap(): Promise<void> {
    const { queue, outbox, log } = this.#deps;
    const now = this.#deps.monotonicMs();
    const own = this.#running((entry) => now - entry.heartbeat.aliveAt < this.#leaseMs);
    const expired = await queue.reap([
      ...own.map((entry) => entry.job.leaseId),
      ...this.#deps.otherLeases(),
    ]);
    for (const { jobId, leaseId, nodeId, expiry } of expired) {
      const next = expiry.kind;
      const fields = { job_id: jobId, lease_id: leaseId, next };
      log.warn('a lease ran out', { ...fields, ...(nodeId !== undefined && { node_id: nodeId }) });
      const entry = this.#inFlight.get(jobId);
      if (entry?.job.leaseId === leaseId) entry.abandon.abort();
      if (expiry.kind === 'requeue') this.#deps.onDue(expiry.delayMs);
    }
    const left = [
      ...expired.flatMap((job) =>
        job.expiry.kind === 'exhausted' && job.nodeId !== undefined
          ? [{ ...job, nodeId: job.nodeId }]
          : [],
      ),
      ...(await queue.takeOrphanedCancels()),
    ];
    if (left.length === 0) return;
    const connections = await queue.connections();
    for (const job of left) {
      const node = connections.get(job.nodeId);
      if (node !== undefined) outbox.stop(node, job);
    }
  }

  /** No new claims from now on. */
  close(): void {
    this.#closing = true;
  }

  /**
   * Orders every node to stop what orchestrators started there, unless jobs run under leases of another one: then it
   * is not this process's to end them. Never rejects. Contract 01 section 1.3, 03 section 5.9.
   */
  async stopNodes(): Promise<void> {
    const { queue, worker, log } = this.#deps;
    try {
      const own = this.#running().map((entry) => entry.job.leaseId);
      if (await queue.othersRun([...own, ...this.#deps.otherLeases()])) {
        log.warn('nodes are not stopped: another control-plane has jobs running');
        return;
      }
      const nodes = [...(await queue.connections()).values()];
      await Promise.all(
        nodes.map(async (node) => {
          const answer = await worker.stopAll(node, { timeoutMs: stopAllMs });
          const said = answer && { stopped: answer.stopped.length, failed: answer.failed.length };
          log.info('a node was ordered to stop everything', { node_slug: node.slug, ...said });
        }),
      );
    } catch (error) {
      log.warn('nodes could not be ordered to stop', { error: messageOf(error) });
    }
  }

  /**
   * Waits up to `limitMs` for answers under way, then leaves those jobs running and hands them over: their leases end
   * now, and whoever takes them up asks the nodes. `close` comes first, and a claim under way must have ended.
   */
  async drain(limitMs: number): Promise<void> {
    const all = Promise.all(this.#running().map((entry) => entry.done));
    const over = new AbortController();
    await Promise.race([all, this.#deps.sleep(limitMs, over.signal)]);
    over.abort();
    const left = this.#running();
    if (left.length === 0) return;
    this.#deps.log.warn('jobs are handed over at shutdown', { jobs: left.length });
    this.#deps.completer.giveUp();
    for (const entry of left) entry.abandon.abort();
    await Promise.all(left.map((entry) => entry.done));
    await this.#deps.queue.abandon(left.map((entry) => entry.job));
  }

  #claimOptions(): ClaimOptions {
    const now = this.#deps.monotonicMs();
    for (const [nodeId, until] of this.#silent) if (until <= now) this.#silent.delete(nodeId);
    return { extraRunning: this.#stillRunning(), avoid: new Set(this.#silent.keys()) };
  }

  #running(which: (entry: InFlight) => boolean = () => true): InFlight[] {
    return [...this.#inFlight.values()].filter(which);
  }

  #markCanceled(jobIds: readonly string[]): void {
    for (const jobId of jobIds) {
      const entry = this.#inFlight.get(jobId);
      if (entry !== undefined) entry.canceled = true;
    }
  }

  /** Jobs a node still winds down although their rows say `canceled`. */
  #stillRunning(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { job } of this.#running((entry) => entry.canceled)) {
      counts.set(job.node.nodeId, (counts.get(job.node.nodeId) ?? 0) + 1);
    }
    return counts;
  }

  #attend(job: ClaimedJob, claimedAt: number, work: (run: ClaimedJobRun) => Promise<void>): void {
    // Somebody else's claim gave it back before this process noticed that it had lost it.
    this.#inFlight.get(job.jobId)?.abandon.abort();
    const shorter = job.leaseMs < this.#leaseMs;
    this.#leaseMs = job.leaseMs;
    if (shorter) this.#deps.onShorterLease();
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry: InFlight = {
      job,
      heartbeat: { aliveAt: claimedAt },
      abandon: new AbortController(),
      hangUp: new AbortController(),
      done: promise,
      canceled: false,
      stopAccepted: false,
    };
    this.#inFlight.set(job.jobId, entry);
    void work(new ClaimedJobRun(entry, this.#run))
      .catch((error: unknown) => {
        this.#deps.log.error('a job could not be brought to its end', {
          job_id: job.jobId,
          error: messageOf(error),
        });
      })
      .finally(() => {
        if (this.#inFlight.get(job.jobId) === entry) this.#inFlight.delete(job.jobId);
        resolve();
        this.#deps.onSlotFree();
      });
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
