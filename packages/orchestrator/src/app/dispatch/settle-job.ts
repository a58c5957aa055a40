import type { Log } from '@cynodeai/runtime/observe';
import { type Ended, type OtherNode, type Outcome, failed } from '../../domain/dispatch/outcome.ts';
import { eligibleNodes, jobNeeds } from '../../domain/dispatch/select-node.ts';
import { logPieces } from '../../domain/jobs/end-events.ts';
import { binaryOf, tailsOf } from '../../domain/jobs/stream-tails.ts';
import { retryDelayMs } from '../../domain/jobs/attempts.ts';
import { sandboxSummary, withAskedModel } from '../../domain/prompts/sandbox-fallback.ts';
import type { ClaimedJob } from '../../ports/claims.ts';
import type { BothStreams } from '../../ports/live-output.ts';
import type { LeftArtifact } from '../../ports/job-ends.ts';
import type { Leases } from '../../ports/leases.ts';
import type { Nodes } from '../../ports/nodes.ts';
import type { JobCompleter } from '../jobs/job-completer.ts';
import { type RetryStorageOptions, retryStorage } from '../jobs/retry-storage.ts';
import type { HeldLease } from '../leases/held-lease.ts';
import type { NodeOutbox } from './node-outbox.ts';

/** An end with the files that were taken over. */
export interface Ending extends Ended {
  readonly artifacts?: readonly LeftArtifact[];
}

export interface JobSettlerDeps {
  readonly leases: Pick<Leases, 'abandon' | 'release' | 'requeue'>;
  readonly nodes: Nodes;
  readonly completer: JobCompleter;
  readonly outbox: NodeOutbox;
  readonly log: Log;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** A node did not answer, or cannot start a job: others are preferred for a while. */
  readonly onSilent: (nodeId: string) => void;
  /** A job of this process may be claimed again in `ms`. */
  readonly onDue: (ms: number) => void;
}

/**
 * Everything that ends this process's hold on a job, or says something about it; each waits for the
 * database. See docs/reference/leases.md#what-an-answer-means and
 * docs/reference/leases.md#leases-and-retries.
 */
export class JobSettler {
  readonly #deps: JobSettlerDeps;
  readonly #held: HeldLease<ClaimedJob>;

  constructor(held: HeldLease<ClaimedJob>, deps: JobSettlerDeps) {
    this.#held = held;
    this.#deps = deps;
  }

  /** Stores the end of the job with what of its output was not `told` yet (characters), and lets its node drop the result once that is safe. */
  async end(ended: Ending, told: BothStreams<number> = { stdout: 0, stderr: 0 }): Promise<void> {
    const { lease: job } = this.#held;
    const { status, result } = withAskedModel(ended, job.payload);
    const summary = sandboxSummary(ended, job.payload);
    const { taskId, jobId, leaseId, node } = job;
    const { completer, outbox, log } = this.#deps;
    const logs = logPieces({
      stdout: result.stdout.slice(told.stdout),
      stderr: result.stderr.slice(told.stderr),
      tail: tailsOf(result),
      binary: binaryOf(result),
    });
    const { artifacts } = ended;
    const end = {
      taskId,
      jobId,
      leaseId,
      status,
      result,
      summary,
      logs,
      ...(artifacts && { artifacts }),
    };
    const stored = await completer.complete(end);
    log.info('a job ended', { job_id: jobId, task_id: taskId, status, stored });
    if (stored !== 'lost' && stored !== 'superseded') outbox.acknowledge(node, job);
  }

  /** Nothing ran: back into the queue. */
  async notTaken(outcome: Extract<Outcome, { readonly kind: 'requeue' }>): Promise<void> {
    const { lease: job } = this.#held;
    const { reason, delayMs, nodeFault, unreachable, refusals: count } = outcome;
    const { leases, nodes, log } = this.#deps;
    const { nodeId } = job.node;
    log.warn('a job was not taken by its node', { job_id: job.jobId, reason });
    if (unreachable || count !== undefined) this.#deps.onSilent(nodeId);
    const refusals = count && { ...job.payload.dispatch?.refusals, [nodeId]: count };
    await this.persist('a job that did not run', async () => {
      if (nodeFault) await nodes.deactivate(nodeId, reason);
      const back = { delayMs, reason, refusedBy: undefined, ...(refusals && { refusals }) };
      await leases.requeue(job, { ...back, freesPlace: this.#isPlacedNow });
    });
    this.#deps.onDue(delayMs);
  }

  /** The node will not run it: back into the queue for another one, or the end when there is none. */
  async tryOther({ reason, otherwise, hasResult }: OtherNode): Promise<void> {
    const { lease: job } = this.#held;
    const { leases, nodes } = this.#deps;
    const needs = jobNeeds(job.payload);
    const refusedBy = [...needs.refusedBy, job.node.nodeId];
    const moved = await this.persist('a refused job', async () => {
      const facts = (await nodes.all()).map((node) => node.facts);
      const others = eligibleNodes(facts, { ...needs, refusedBy });
      if (typeof others === 'string') return false;
      const freesPlace = this.#isPlacedNow;
      if (job.workspace !== undefined && !freesPlace) return false;
      await leases.requeue(job, { delayMs: 0, reason, refusedBy: job.node.nodeId, freesPlace });
      return true;
    });
    if (moved === false) await this.end(otherwise);
    else if (moved && hasResult) this.#deps.outbox.acknowledge(job.node, job);
  }

  /** Back into the queue without having started anything. */
  async requeue(reason: string, keepNode: boolean): Promise<void> {
    const { lease: job } = this.#held;
    const delayMs = retryDelayMs(job.attempt, Math.random());
    const freesPlace = this.#isPlacedNow && !keepNode;
    await this.persist('a retry', () =>
      this.#deps.leases.requeue(job, {
        delayMs,
        reason,
        refusedBy: undefined,
        keepNode,
        freesPlace,
      }),
    );
    this.#deps.onDue(delayMs);
  }

  /** The run is lost, or nobody can tell: the lease ends early, and the next claim asks the node again. */
  async release(reason: string): Promise<void> {
    const { lease: job } = this.#held;
    const { leases, outbox, log } = this.#deps;
    const expired = await this.persist('a lost run', () => leases.release(job, reason));
    if (expired === undefined) return;
    log.warn('a lease was given up', { job_id: job.jobId, reason, next: expired.expiry.kind });
    if (expired.expiry.kind === 'requeue') this.#deps.onDue(expired.expiry.delayMs);
    else outbox.stop(job.node, job);
  }

  /** It was canceled before its node was told to run it: nobody waits for an end, and what was staged may go. */
  async canceledUnsent(): Promise<void> {
    const { lease: job } = this.#held;
    const { leases, outbox } = this.#deps;
    await this.persist('a canceled job', () => leases.abandon([job]));
    outbox.stop(job.node, job);
  }

  /** What the user gave cannot be sent. */
  async unreadable(reason: string): Promise<void> {
    const { jobId } = this.#held.lease;
    this.#deps.log.error('the input of a job cannot be read', { job_id: jobId, error: reason });
    return this.end(failed('input_unavailable', `the input of the job cannot be read: ${reason}`));
  }

  /** Its node does not take the orchestrator's token. */
  async deactivate(reason: string): Promise<void> {
    const { nodeId } = this.#held.lease.node;
    await this.persist('a node fault', () => this.#deps.nodes.deactivate(nodeId, reason));
  }

  /** Its workspace was bound to the node by this very claim, and nothing was begun in it. */
  get #isPlacedNow(): boolean {
    return this.#held.lease.workspace?.isPlacedNow === true;
  }

  /** Repeats a use of the database until it succeeds; undefined when the lease was lost first. */
  persist<T>(
    what: string,
    work: () => Promise<T>,
    more: Pick<RetryStorageOptions, 'isFinal'> = {},
  ): Promise<T | undefined> {
    const { log, sleep } = this.#deps;
    return retryStorage(work, { log, what, sleep, signal: this.#held.lost, ...more });
  }
}
