import { messageOf } from '@cynodeai/runtime/std';
import type { Log } from '@cynodeai/runtime/observe';
import {
  type RetryStep,
  decideRetry,
  judgeObservation,
} from '../../domain/dispatch/job-observation.ts';
import { type Ended, type Outcome, decideOutcome, failed } from '../../domain/dispatch/outcome.ts';
import { eligibleNodes } from '../../domain/dispatch/select-node.ts';
import type { WorkerAnswer } from '../../domain/dispatch/worker-answer.ts';
import { logPieces } from '../../domain/jobs/end-events.ts';
import { leaseTimes, retryDelayMs } from '../../domain/jobs/job-lease.ts';
import type { BlobOpener, BlobReader } from '../../ports/blobs.ts';
import type { ClaimOptions, ClaimedJob, ClaimedRetry, JobQueue } from '../../ports/dispatch.ts';
import type { WorkerApi } from '../../ports/worker-api.ts';
import { sandboxSummary } from '../../domain/prompts/sandbox-fallback.ts';
import type { JobCompleter } from '../jobs/job-completer.ts';
import { retryStorage } from '../jobs/retry-storage.ts';
import { withModelRequest } from '../prompts/with-model-request.ts';
import { type TrackDeps, type Tracked, type Heartbeat, trackJob } from './track-job.ts';
import type { NodeOutbox } from './node-outbox.ts';
import { type PreparedRequest, prepareRequest } from './prepare-request.ts';
import { stageFiles } from './stage-files.ts';

/** A job this process looks after. */
export interface Attended {
  /** Changes its lease and node when it is moved. */
  job: ClaimedJob;
  readonly heartbeat: Heartbeat;
  /** Fires when this process must not touch the job any more. */
  readonly abandon: AbortController;
  /** Fires when the open call is not waited for any more. */
  hangUp: AbortController;
}

export interface RunClaimedJobDeps extends TrackDeps {
  readonly queue: JobQueue;
  readonly worker: WorkerApi;
  readonly blobs: BlobReader & BlobOpener;
  readonly completer: JobCompleter;
  readonly outbox: NodeOutbox;
  readonly log: Log;
  /** What the dispatcher knows of nodes' load and silence. */
  readonly claimOptions: () => ClaimOptions;
  /** A node did not answer: others are preferred for a while. */
  readonly onSilent: (nodeId: string) => void;
  /** A job of this process may be claimed again in `ms`. */
  readonly onDue: (ms: number) => void;
}

/** Seconds between SIGTERM and kill of a job that is given up. */
const graceSeconds = 10;

/** Brings one claimed job to its end, or gives its lease back. Contract 01 sections 5.4 to 5.6. */
export class ClaimedJobRun {
  readonly #deps: RunClaimedJobDeps;
  readonly #entry: Attended;

  constructor(entry: Attended, deps: RunClaimedJobDeps) {
    this.#entry = entry;
    this.#deps = deps;
  }

  /** A job no node has: send it. */
  async start(): Promise<void> {
    const { job, abandon } = this.#entry;
    const { worker } = this.#deps;
    let prepared: PreparedRequest;
    try {
      prepared = await prepareRequest(await withModelRequest(job, this.#deps), this.#deps);
    } catch (error) {
      return this.#unreadable(messageOf(error));
    }
    const fault = await stageFiles(job, prepared.staged, this.#deps, {
      signal: abandon.signal,
      onProgress: () => this.#noteAlive(),
    });
    if (fault?.kind === 'unreadable') return this.#unreadable(fault.message);
    if (fault !== undefined) return this.#answered(fault.answer);
    // A process that was frozen since its claim may find the job finished by others: it must not start it again.
    const age = this.#deps.monotonicMs() - this.#entry.heartbeat.aliveAt;
    if (age > leaseTimes(job.leaseMs).freshMs) {
      return this.#requeue('the lease was too old to send the job', false);
    }
    this.#entry.hangUp = new AbortController();
    const signal = AbortSignal.any([abandon.signal, this.#entry.hangUp.signal]);
    const call = worker.runJob(job.node, prepared.request, { deadlineMs: job.deadlineMs, signal });
    const tracked = await this.#track(call);
    this.#entry.hangUp.abort();
    return this.#after(tracked);
  }

  #noteAlive(): void {
    this.#entry.heartbeat.aliveAt = this.#deps.monotonicMs();
  }

  async #unreadable(reason: string): Promise<void> {
    const { jobId } = this.#entry.job;
    this.#deps.log.error('the input of a job cannot be read', { job_id: jobId, error: reason });
    return this.#end(failed('input_unavailable', `the input of the job cannot be read: ${reason}`));
  }

  /** A job its node may have: ask before anything is sent. Contract 01 section 5.6. */
  async resume(retry: ClaimedRetry): Promise<void> {
    const { job, abandon, heartbeat } = this.#entry;
    const { worker, monotonicMs } = this.#deps;
    const askedAt = monotonicMs();
    const options = { timeoutMs: leaseTimes(job.leaseMs).askMs, signal: abandon.signal };
    const observation = await worker.getJob(job.node, job, options);
    if (abandon.signal.aborted) return;
    const verdict = judgeObservation(observation, { ...job, nodeSlug: job.node.slug });
    const step = decideRetry(verdict, retry.mayTakeWork);
    this.#deps.log.info('a retry asked the last node', {
      job_id: job.jobId,
      node_slug: job.node.slug,
      answer: verdict.kind,
      step: step.kind,
    });
    if (step.kind === 'adopt') {
      heartbeat.aliveAt = askedAt;
      await this.#persist('an adoption', () => this.#deps.queue.noteAdopted(job));
      return this.#after(await this.#track());
    }
    return this.#take(step);
  }

  async #take(step: Exclude<RetryStep, { readonly kind: 'adopt' }>): Promise<void> {
    const { job } = this.#entry;
    switch (step.kind) {
      case 'take':
        return this.#end(step.outcome);
      case 'send':
        return this.start();
      case 'acknowledge_and_send': {
        const acked = await this.#deps.worker.ackJob(job.node, job);
        if (acked === 'done') return this.start();
        return this.#requeue('the node did not take the acknowledgement of a lost run', true);
      }
      case 'elsewhere':
        return this.#moveOr({ ...step, sent: false }, () => this.#requeue(step.reason, false));
      case 'leave':
        if (step.nodeFault) await this.#deactivate(step.reason);
        return this.#moveOr({ ...step, sent: false }, () =>
          step.counts ? this.#release(step.reason) : this.#requeue(step.reason, true),
        );
    }
  }

  #track(call?: Promise<WorkerAnswer>): Promise<Tracked> {
    const { job, heartbeat, abandon } = this.#entry;
    const options = { job, heartbeat, signal: abandon.signal, ...(call && { call }) };
    return trackJob(options, this.#deps);
  }

  async #after(tracked: Tracked): Promise<void> {
    const { job } = this.#entry;
    switch (tracked.kind) {
      case 'abandoned':
        return;
      case 'answered':
        return this.#answered(tracked.answer);
      case 'overdue':
        await this.#stopRun(job);
        return this.#release(`node ${job.node.slug} did not end the job by its deadline`);
      case 'silent':
        if (tracked.nodeFault) await this.#deactivate(tracked.reason);
        return this.#moveOr({ ...tracked, sent: true }, () => this.#release(tracked.reason));
      case 'seen':
        return tracked.verdict.kind === 'finished'
          ? this.#end(tracked.verdict.outcome)
          : this.#release(tracked.verdict.reason);
    }
  }

  async #answered(answer: WorkerAnswer): Promise<void> {
    const { job, abandon } = this.#entry;
    const given = answer.kind === 'result' || answer.kind === 'refused';
    if (abandon.signal.aborted && !given) return;
    const sent = { ...job, nodeSlug: job.node.slug };
    const outcome = decideOutcome(answer, sent, Math.random());
    switch (outcome.kind) {
      case 'ended':
        return this.#end(outcome);
      case 'other_node':
        return this.#tryOther(outcome);
      case 'unclear':
        if (answer.kind !== 'accepted') {
          this.#deps.log.warn('the fate of a job is unclear', {
            job_id: job.jobId,
            reason: outcome.reason,
          });
        }
        return this.#after(await this.#track());
      case 'requeue':
        return this.#notTaken(outcome);
    }
  }

  async #notTaken(outcome: Extract<Outcome, { readonly kind: 'requeue' }>): Promise<void> {
    const { job } = this.#entry;
    const { reason, delayMs, nodeFault, unreachable } = outcome;
    const { queue, log } = this.#deps;
    log.warn('a job was not taken by its node', { job_id: job.jobId, reason });
    if (unreachable) this.#deps.onSilent(job.node.nodeId);
    await this.#persist('a job that did not run', async () => {
      if (nodeFault) await queue.deactivateNode(job.node.nodeId, reason);
      await queue.requeue(job, { delayMs, reason, refusedBy: undefined });
    });
    this.#deps.onDue(delayMs);
  }

  async #tryOther({ reason, otherwise }: Extract<Outcome, { kind: 'other_node' }>): Promise<void> {
    const { job } = this.#entry;
    const { queue } = this.#deps;
    const refusedBy = [...(job.payload.dispatch?.refused_by ?? []), job.node.nodeId];
    const useInference = job.payload.use_inference;
    const moved = await this.#persist('a refused job', async () => {
      const others = eligibleNodes(await queue.nodeFacts(), { useInference, refusedBy });
      if (typeof others === 'string') return false;
      await queue.requeue(job, { delayMs: 0, reason, refusedBy: job.node.nodeId });
      return true;
    });
    if (moved === false) await this.#end(otherwise);
  }

  async #deactivate(reason: string): Promise<void> {
    const { nodeId } = this.#entry.job.node;
    await this.#persist('a node fault', () => this.#deps.queue.deactivateNode(nodeId, reason));
  }

  /** One quick try to stop what may still run on a node that is given up; the outbox tries again behind. */
  async #stopRun(job: ClaimedJob): Promise<void> {
    const timeoutMs = leaseTimes(job.leaseMs).stopMs;
    await this.#deps.worker.stopJob(job.node, { ...job, graceSeconds, timeoutMs });
  }

  /**
   * To another node, when there is one; only then is the old run stopped, since a node that comes back may have
   * finished it.
   */
  async #moveOr(
    left: { readonly reason: string; readonly sent: boolean },
    otherwise: () => Promise<void>,
  ): Promise<void> {
    const { job } = this.#entry;
    const { queue, outbox, log, claimOptions, onSilent } = this.#deps;
    onSilent(job.node.nodeId);
    const movedAt = this.#deps.monotonicMs();
    const moved = await this.#persist('a move', () =>
      queue.move(job, { ...claimOptions(), ...left }),
    );
    if (moved === 'none') return otherwise();
    if (moved === undefined || moved === 'lost') return;
    this.#entry.job = moved;
    this.#entry.heartbeat.aliveAt = movedAt;
    log.warn('a job moved to another node', {
      job_id: job.jobId,
      from: job.node.slug,
      to: moved.node.slug,
      reason: left.reason,
    });
    await this.#stopRun(job);
    outbox.stop(job.node, job);
    return this.start();
  }

  /** Back into the queue without having started anything. */
  async #requeue(reason: string, keepNode: boolean): Promise<void> {
    const { job } = this.#entry;
    const delayMs = retryDelayMs(job.attempt, Math.random());
    await this.#persist('a retry', () =>
      this.#deps.queue.requeue(job, { delayMs, reason, refusedBy: undefined, keepNode }),
    );
    this.#deps.onDue(delayMs);
  }

  /** The run is lost, or nobody can tell: the lease ends early, and the next claim asks the node again. */
  async #release(reason: string): Promise<void> {
    const { job } = this.#entry;
    const { queue, outbox, log } = this.#deps;
    const expired = await this.#persist('a lost run', () => queue.release(job, reason));
    if (expired === undefined) return;
    log.warn('a lease was given up', { job_id: job.jobId, reason, next: expired.expiry.kind });
    if (expired.expiry.kind === 'requeue') this.#deps.onDue(expired.expiry.delayMs);
    else outbox.stop(job.node, job);
  }

  async #end(ended: Ended): Promise<void> {
    const { job } = this.#entry;
    const { status, result } = ended;
    const summary = sandboxSummary(ended, job.payload);
    const { taskId, jobId, leaseId, node } = job;
    const { completer, outbox, log } = this.#deps;
    const logs = logPieces(result);
    const end = { taskId, jobId, leaseId, status, result, summary, logs };
    const stored = await completer.complete(end);
    log.info('a job ended', { job_id: jobId, task_id: taskId, status, stored });
    if (stored !== 'lost' && stored !== 'superseded') outbox.acknowledge(node, job);
  }

  #persist<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    const { log, sleep } = this.#deps;
    return retryStorage(work, { log, what, sleep, signal: this.#entry.abandon.signal });
  }
}
