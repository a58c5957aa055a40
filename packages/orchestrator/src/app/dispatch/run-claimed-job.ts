import { messageOf } from '@cynodeai/runtime/std';
import {
  type RetryStep,
  decideRetry,
  judgeObservation,
} from '../../domain/dispatch/job-observation.ts';
import {
  type Ended,
  type OtherNode,
  decideOutcome,
  failed,
} from '../../domain/dispatch/outcome.ts';
import type { WorkerAnswer } from '../../domain/dispatch/worker-answer.ts';
import { mayRiskNode } from '../../domain/jobs/attempts.ts';
import { leaseTimes } from '../../domain/leases/lease-times.ts';
import type { BlobOpener, BlobReader } from '../../ports/blobs.ts';
import type { ClaimOptions, ClaimedJob, ClaimedRetry, Claims } from '../../ports/claims.ts';
import type { Leases } from '../../ports/leases.ts';
import type { LiveOutput } from '../../ports/live-output.ts';
import type { JobSecrets } from '../../ports/secrets.ts';
import type { TaskInput } from '../../ports/task-input.ts';
import type { WorkerApi } from '../../ports/worker-api.ts';
import type { HeldLease } from '../leases/held-lease.ts';
import { withModelRequest } from '../prompts/with-model-request.ts';
import { type FollowOutputDeps, FollowedOutput } from './follow-output.ts';
import { patientInput } from './patient-input.ts';
import { type PreparedRequest, prepareRequest } from './prepare-request.ts';
import { type Ending, JobSettler, type JobSettlerDeps } from './settle-job.ts';
import { stageFiles } from './stage-files.ts';
import { type TakeLeftFilesDeps, takeLeftFiles } from './take-left-files.ts';
import { type TrackDeps, type Tracked, trackJob } from './track-job.ts';

export interface RunClaimedJobDeps
  extends JobSettlerDeps, TrackDeps, FollowOutputDeps, TakeLeftFilesDeps {
  readonly claims: Pick<Claims, 'move'>;
  readonly leases: Pick<
    Leases,
    'abandon' | 'noteAdopted' | 'noteBegunAnew' | 'noteNodeDeath' | 'release' | 'requeue'
  >;
  readonly input: TaskInput;
  readonly secrets: JobSecrets;
  readonly worker: WorkerApi;
  readonly live: Pick<LiveOutput, 'told'>;
  readonly blobs: BlobReader & BlobOpener & TakeLeftFilesDeps['blobs'];
  /** What the dispatcher knows of nodes' load and silence. */
  readonly claimOptions: () => ClaimOptions;
}

/** Seconds between SIGTERM and kill of a job that is given up. */
const graceSeconds = 10;

/** Brings one claimed job to its end, or gives its lease back. See docs/reference/leases.md. */
export class ClaimedJobRun {
  readonly #deps: RunClaimedJobDeps;
  readonly #held: HeldLease<ClaimedJob>;
  readonly #settle: JobSettler;
  #output: FollowedOutput | undefined;

  constructor(held: HeldLease<ClaimedJob>, deps: RunClaimedJobDeps) {
    this.#held = held;
    this.#settle = new JobSettler(held, deps);
    this.#deps = deps;
  }

  /** A job no node has: send it. */
  async start(): Promise<void> {
    try {
      await this.#start();
    } finally {
      await this.#output?.close();
    }
  }

  async #start(): Promise<void> {
    const { lease: job, lost, cancelation } = this.#held;
    const { worker } = this.#deps;
    let prepared: PreparedRequest;
    try {
      const input = patientInput(this.#deps, this.#settle);
      prepared = await prepareRequest(await withModelRequest(job, input), input);
    } catch (error) {
      return lost.aborted ? undefined : this.#settle.unreadable(messageOf(error));
    }
    const fault = await stageFiles(job, prepared, this.#deps, {
      signal: AbortSignal.any([lost, cancelation]),
      onProgress: () => this.#noteAlive(),
    });
    if (cancelation.aborted) return this.#settle.canceledUnsent();
    if (fault?.kind === 'unreadable') return this.#settle.unreadable(fault.message);
    if (fault !== undefined) return this.#answered(fault.answer);
    if (this.#held.isStale(this.#deps.monotonicMs())) {
      return this.#settle.requeue('the lease was too old to send the job', false);
    }
    const hangUp = new AbortController();
    const signal = AbortSignal.any([lost, hangUp.signal]);
    const call = worker.runJob(job.node, prepared.request, { deadlineMs: job.deadlineMs, signal });
    this.#output = new FollowedOutput(this.#held, this.#deps);
    const tracked = await this.#track(call);
    hangUp.abort();
    return this.#after(tracked);
  }

  #noteAlive(): void {
    this.#held.aliveAt = this.#deps.monotonicMs();
  }

  /**
   * A job its node may have: ask before anything is sent.
   * See docs/reference/leases.md#leases-and-retries.
   */
  async resume(retry: ClaimedRetry): Promise<void> {
    try {
      await this.#resume(retry);
    } finally {
      await this.#output?.close();
    }
  }

  async #resume(retry: ClaimedRetry): Promise<void> {
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
      await this.#settle.persist('an adoption', () => this.#deps.leases.noteAdopted(job));
      await this.#followOthers();
      return this.#after(await this.#track());
    }
    return this.#take(step);
  }

  async #take(step: Exclude<RetryStep, { readonly kind: 'adopt' }>): Promise<void> {
    const { lease: job } = this.#held;
    switch (step.kind) {
      case 'take':
        await this.#followOthers();
        return this.#finished(step.outcome);
      case 'send':
        return this.#startAnew();
      case 'acknowledge_and_send': {
        const acked = await this.#deps.worker.ackJob(job.node, job);
        if (acked === 'done') {
          return step.withNode ? this.#startUnlessItEndsNodes() : this.#startAnew();
        }
        return this.#settle.requeue(
          'the node did not take the acknowledgement of a lost run',
          true,
        );
      }
      case 'elsewhere':
        return this.#moveOr({ ...step, sent: false }, () =>
          this.#settle.requeue(step.reason, false),
        );
      case 'leave':
        if (step.nodeFault) await this.#settle.deactivate(step.reason);
        return this.#moveOr({ ...step, sent: false }, () =>
          step.counts ? this.#settle.release(step.reason) : this.#settle.requeue(step.reason, true),
        );
    }
  }

  /** What an earlier run said is told already; from now on it is this one's. */
  async #startAnew(): Promise<void> {
    const { lease: job } = this.#held;
    await this.#settle.persist('the start of a run', () => this.#deps.leases.noteBegunAnew(job));
    if (!this.#held.lost.aborted) return this.#start();
  }

  /** After a run that was lost because its node ended. */
  async #startUnlessItEndsNodes(): Promise<void> {
    const { lease: job } = this.#held;
    const deaths = await this.#settle.persist('a lost run', () =>
      this.#deps.leases.noteNodeDeath(job),
    );
    if (deaths === undefined) return;
    const { count, maxAttempts } = deaths;
    if (mayRiskNode(count, maxAttempts)) return this.#startAnew();
    const message = `${count} times a node ended while it ran this job; it is not started again, because it may be the cause`;
    return this.#settle.end(failed('node_died', message));
  }

  /** Goes on with the output of a run that another dispatcher began to tell. */
  async #followOthers(): Promise<void> {
    const { live } = this.#deps;
    const { lease: job } = this.#held;
    const known = await this.#settle.persist('what a job said', () => live.told(job));
    this.#output = new FollowedOutput(this.#held, this.#deps, known);
  }

  #finished(outcome: Ended | OtherNode): Promise<void> {
    return outcome.kind === 'ended' ? this.#end(outcome) : this.#settle.tryOther(outcome);
  }

  async #end(ended: Ended): Promise<void> {
    const told = await this.#output?.close(ended.result);
    const ending = await this.#withLeft(ended);
    if (ending !== undefined) await this.#settle.end(ending, told);
  }

  /**
   * What the job left is here before anybody hears that it ended; undefined when the job was lost first, whose next
   * holder finds result and files on the node.
   */
  async #withLeft(ended: Ended): Promise<Ending | undefined> {
    const { left } = ended;
    if (left === undefined) return ended;
    const { lease, lost } = this.#held;
    const over = new AbortController();
    const alive = this.#keepAlive(over.signal);
    try {
      const { listed, artifacts } = await takeLeftFiles(lease, left, this.#deps, lost);
      if (lost.aborted) return undefined;
      return { ...ended, result: { ...ended.result, artifacts: [...listed] }, artifacts };
    } finally {
      over.abort();
      await alive;
    }
  }

  /** The run is over: its lease ends neither for a silent node nor for a slow disk while its files are taken. */
  async #keepAlive(signal: AbortSignal): Promise<void> {
    const { renewMs } = leaseTimes(this.#held.lease.leaseMs);
    while (!signal.aborted) {
      this.#noteAlive();
      await this.#deps.sleep(renewMs, signal);
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
        return this.#settle.release(`node ${job.node.slug} did not end the job by its deadline`);
      case 'silent':
        if (tracked.nodeFault) await this.#settle.deactivate(tracked.reason);
        return this.#moveOr({ ...tracked, sent: true }, () => this.#settle.release(tracked.reason));
      case 'seen':
        return tracked.verdict.kind === 'finished'
          ? this.#finished(tracked.verdict.outcome)
          : this.#settle.release(tracked.verdict.reason);
    }
  }

  async #answered(answer: WorkerAnswer): Promise<void> {
    const { lease: job, lost } = this.#held;
    const given = answer.kind === 'result' || answer.kind === 'refused';
    if (lost.aborted && !given) return;
    const { nodeId, slug: nodeSlug } = job.node;
    const refusals = job.payload.dispatch?.refusals?.[nodeId] ?? 0;
    const sent = { ...job, nodeSlug, refusals };
    const outcome = decideOutcome(answer, sent, Math.random());
    switch (outcome.kind) {
      case 'ended':
      case 'other_node':
        return this.#finished(outcome);
      case 'unclear':
        if (answer.kind !== 'accepted') {
          this.#deps.log.warn('the fate of a job is unclear', {
            job_id: job.jobId,
            reason: outcome.reason,
          });
        }
        return this.#after(await this.#track());
      case 'requeue':
        return this.#settle.notTaken(outcome);
    }
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
    // What that run said and is not told yet is dropped: nothing of it may pass for words of the next one.
    await this.#output?.close();
    this.#output = undefined;
    const movedAt = this.#deps.monotonicMs();
    const moved = await this.#settle.persist('a move', () =>
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
    return this.#start();
  }
}
