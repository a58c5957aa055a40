import { messageOf } from '@cynodeai/runtime/std';
import type { Log } from '@cynodeai/runtime/observe';
import {
  type RetryStep,
  decideRetry,
  judgeObservation,
} from '../../domain/dispatch/job-observation.ts';
import { type Ended, type Outcome, decideOutcome, failed } from '../../domain/dispatch/outcome.ts';
import { eligibleNodes, jobNeeds } from '../../domain/dispatch/select-node.ts';
import type { WorkerAnswer } from '../../domain/dispatch/worker-answer.ts';
import { logPieces } from '../../domain/jobs/end-events.ts';
import { leaseTimes, retryDelayMs } from '../../domain/jobs/job-lease.ts';
import type { BlobOpener, BlobReader } from '../../ports/blobs.ts';
import type { ClaimOptions, ClaimedJob, ClaimedRetry, Claims } from '../../ports/claims.ts';
import type { Leases } from '../../ports/leases.ts';
import type { Nodes } from '../../ports/nodes.ts';
import type { TaskInput } from '../../ports/task-input.ts';
import type { WorkerApi } from '../../ports/worker-api.ts';
import { sandboxSummary } from '../../domain/prompts/sandbox-fallback.ts';
import type { JobCompleter } from '../jobs/job-completer.ts';
import type { HeldLease } from '../leases/held-lease.ts';
import { retryStorage } from '../jobs/retry-storage.ts';
import { withModelRequest } from '../prompts/with-model-request.ts';
import { type TrackDeps, type Tracked, trackJob } from './track-job.ts';
import type { NodeOutbox } from './node-outbox.ts';
import { type PreparedRequest, prepareRequest } from './prepare-request.ts';
import { stageFiles } from './stage-files.ts';

export interface RunClaimedJobDeps extends TrackDeps {
  readonly claims: Pick<Claims, 'move'>;
  readonly leases: Pick<Leases, 'noteAdopted' | 'release' | 'requeue'>;
  readonly nodes: Nodes;
  readonly input: TaskInput;
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
  readonly #held: HeldLease<ClaimedJob>;

  constructor(held: HeldLease<ClaimedJob>, deps: RunClaimedJobDeps) {
    this.#held = held;
    this.#deps = deps;
  }

  /** A job no node has: send it. */
  async start(): Promise<void> {
    const { lease: job, lost } = this.#held;
    const { worker } = this.#deps;
    let prepared: PreparedRequest;
    try {
      prepared = await prepareRequest(await withModelRequest(job, this.#deps), this.#deps);
    } catch (error) {
      return this.#unreadable(messageOf(error));
    }
    const fault = await stageFiles(job, prepared.staged, this.#deps, {
      signal: lost,
      onProgress: () => this.#noteAlive(),
    });
    if (fault?.kind === 'unreadable') return this.#unreadable(fault.message);
    if (fault !== undefined) return this.#answered(fault.answer);
    if (this.#held.isStale(this.#deps.monotonicMs())) {
      return this.#requeue('the lease was too old to send the job', false);
    }
    const hangUp = new AbortController();
    const signal = AbortSignal.any([lost, hangUp.signal]);
    const call = worker.runJob(job.node, prepared.request, { deadlineMs: job.deadlineMs, signal });
    const tracked = await this.#track(call);
    hangUp.abort();
    return this.#after(tracked);
  }

  #noteAlive(): void {
    this.#held.aliveAt = this.#deps.monotonicMs();
  }

  async #unreadable(reason: string): Promise<void> {
    const { jobId } = this.#held.lease;
    this.#deps.log.error('the input of a job cannot be read', { job_id: jobId, error: reason });
    return this.#end(failed('input_unavailable', `the input of the job cannot be read: ${reason}`));
  }

  /** A job its node may have: ask before anything is sent. Contract 01 section 5.6. */
  async resume(retry: ClaimedRetry): Promise<void> {
    const { lease: job, lost } = this.#held;
    const { worker, monotonicMs } = this.#deps;
    const askedAt = monotonicMs();
    const options = { timeoutMs: leaseTimes(job.leaseMs).askMs, signal: lost };
    const observation = await worker.getJob(job.node, job, options);
    if (lost.aborted) return;
    const verdict = judgeObservation(observation, { ...job, nodeSlug: job.node.slug });
    const step = decideRetry(verdict, retry.mayTakeWork);
    this.#deps.log.info('a retry asked the last node', {
      job_id: job.jobId,
      node_slug: job.node.slug,
      answer: verdict.kind,
      step: step.kind,
    });
    if (step.kind === 'adopt') {
      this.#held.aliveAt = askedAt;
      await this.#persist('an adoption', () => this.#deps.leases.noteAdopted(job));
      return this.#after(await this.#track());
    }
    return this.#take(step);
  }

  async #take(step: Exclude<RetryStep, { readonly kind: 'adopt' }>): Promise<void> {
    const { lease: job } = this.#held;
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
    const { lease: job, lost } = this.#held;
    const options = { job, heartbeat: this.#held, signal: lost, ...(call && { call }) };
    return trackJob(options, this.#deps);
  }

  async #after(tracked: Tracked): Promise<void> {
    const { lease: job } = this.#held;
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
    const { lease: job, lost } = this.#held;
    const given = answer.kind === 'result' || answer.kind === 'refused';
    if (lost.aborted && !given) return;
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
    const { lease: job } = this.#held;
    const { reason, delayMs, nodeFault, unreachable } = outcome;
    const { leases, nodes, log } = this.#deps;
    log.warn('a job was not taken by its node', { job_id: job.jobId, reason });
    if (unreachable) this.#deps.onSilent(job.node.nodeId);
    await this.#persist('a job that did not run', async () => {
      if (nodeFault) await nodes.deactivate(job.node.nodeId, reason);
      await leases.requeue(job, { delayMs, reason, refusedBy: undefined });
    });
    this.#deps.onDue(delayMs);
  }

  async #tryOther({ reason, otherwise }: Extract<Outcome, { kind: 'other_node' }>): Promise<void> {
    const { lease: job } = this.#held;
    const { leases, nodes } = this.#deps;
    const needs = jobNeeds(job.payload);
    const refusedBy = [...needs.refusedBy, job.node.nodeId];
    const moved = await this.#persist('a refused job', async () => {
      const facts = (await nodes.all()).map((node) => node.facts);
      const others = eligibleNodes(facts, { ...needs, refusedBy });
      if (typeof others === 'string') return false;
      await leases.requeue(job, { delayMs: 0, reason, refusedBy: job.node.nodeId });
      return true;
    });
    if (moved === false) await this.#end(otherwise);
  }

  async #deactivate(reason: string): Promise<void> {
    const { nodeId } = this.#held.lease.node;
    await this.#persist('a node fault', () => this.#deps.nodes.deactivate(nodeId, reason));
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
    const { lease: job } = this.#held;
    const { claims, outbox, log, claimOptions, onSilent } = this.#deps;
    onSilent(job.node.nodeId);
    const movedAt = this.#deps.monotonicMs();
    const moved = await this.#persist('a move', () =>
      claims.move(job, { ...claimOptions(), ...left }),
    );
    if (moved === 'none') return otherwise();
    if (moved === undefined || moved === 'lost') return;
    this.#held.replace(moved, movedAt);
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
    const { lease: job } = this.#held;
    const delayMs = retryDelayMs(job.attempt, Math.random());
    await this.#persist('a retry', () =>
      this.#deps.leases.requeue(job, { delayMs, reason, refusedBy: undefined, keepNode }),
    );
    this.#deps.onDue(delayMs);
  }

  /** The run is lost, or nobody can tell: the lease ends early, and the next claim asks the node again. */
  async #release(reason: string): Promise<void> {
    const { lease: job } = this.#held;
    const { leases, outbox, log } = this.#deps;
    const expired = await this.#persist('a lost run', () => leases.release(job, reason));
    if (expired === undefined) return;
    log.warn('a lease was given up', { job_id: job.jobId, reason, next: expired.expiry.kind });
    if (expired.expiry.kind === 'requeue') this.#deps.onDue(expired.expiry.delayMs);
    else outbox.stop(job.node, job);
  }

  async #end(ended: Ended): Promise<void> {
    const { lease: job } = this.#held;
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
    return retryStorage(work, { log, what, sleep, signal: this.#held.lost });
  }
}
