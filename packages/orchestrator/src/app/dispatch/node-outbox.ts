import type { Log } from '@cynodeai/runtime/observe';
import { backoffMs, messageOf } from '@cynodeai/runtime/std';
import type { LeftJobs } from '../../ports/left-jobs.ts';
import type { NodeConnection } from '../../ports/nodes.ts';
import type { JobRef, WorkerApi } from '../../ports/worker-api.ts';

export interface NodeOutboxDeps {
  readonly worker: Pick<WorkerApi, 'ackJob' | 'stopJob'>;
  readonly leftJobs: Pick<LeftJobs, 'isWanted'>;
  readonly log: Log;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

interface Message {
  readonly node: NodeConnection;
  readonly job: JobRef;
  /** The job may still run there and is not wanted any more. */
  stop: boolean;
}

/** Messages under way at once. */
const concurrency = 4;
/** Tries of one message: about half an hour. A node drops what nobody acknowledges after seven days. */
const maxTries = 64;
const pause = { firstMs: 500, maxMs: 30_000, jitter: 0.2 } as const;
/** Seconds between SIGTERM and kill of a job nobody waits for. */
const graceSeconds = 10;

/**
 * Messages to nodes once the database knows the outcome: acknowledgements of results that were
 * taken, and stops of runs that were given up. Delivery happens behind the jobs' backs, repeats
 * what fails, and holds nothing up. It is kept in memory only: results whose acknowledgement is
 * lost with a process are dropped by their nodes in time.
 * See docs/reference/leases.md#claim-and-send and
 * docs/reference/worker-api.md#life-of-a-job-on-its-node (REQ-WORKER-0149).
 */
export class NodeOutbox {
  readonly #deps: NodeOutboxDeps;
  readonly #closed = new AbortController();
  readonly #pending: Message[] = [];
  readonly #active = new Set<Promise<void>>();

  constructor(deps: NodeOutboxDeps) {
    this.#deps = deps;
  }

  /** The result was taken, or is not wanted any more: the node may drop it. */
  acknowledge(node: NodeConnection, { taskId, jobId }: JobRef): void {
    this.#add({ node, job: { taskId, jobId }, stop: false });
  }

  /** The run was given up: it is stopped, and what is left of it dropped. */
  stop(node: NodeConnection, { taskId, jobId }: JobRef): void {
    this.#add({ node, job: { taskId, jobId }, stop: true });
  }

  /** Waits up to `limitMs` for what is under way; the rest is left. */
  async close(limitMs: number): Promise<void> {
    const over = new AbortController();
    const idle = async (): Promise<void> => {
      while (this.#active.size > 0) await Promise.all(this.#active);
    };
    await Promise.race([idle(), this.#deps.sleep(limitMs, over.signal)]);
    over.abort();
    this.#closed.abort();
    this.#pending.length = 0;
  }

  #add(message: Message): void {
    if (this.#closed.signal.aborted) return;
    this.#pending.push(message);
    if (this.#active.size >= concurrency) return;
    const run: Promise<void> = this.#work().finally(() => this.#active.delete(run));
    this.#active.add(run);
  }

  async #work(): Promise<void> {
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      if (!(await this.#try(next))) void this.#repeat(next);
    }
  }

  async #try(message: Message): Promise<boolean> {
    const { worker } = this.#deps;
    if (message.stop) {
      // A job to stop may have come back to the same node meanwhile.
      if (await this.#isWanted(message)) return true;
      const stopped = await worker.stopJob(message.node, { ...message.job, graceSeconds });
      if (stopped === 'failed') return false;
      message.stop = stopped === 'stopping';
    }
    return (await worker.ackJob(message.node, message.job)) === 'done';
  }

  async #isWanted({ node, job }: Message): Promise<boolean> {
    try {
      return await this.#deps.leftJobs.isWanted({ ...job, nodeId: node.nodeId });
    } catch (error) {
      this.#deps.log.warn('a job to stop was left alone', { error: messageOf(error) });
      return true;
    }
  }

  async #repeat(message: Message): Promise<void> {
    for (let tries = 1; tries < maxTries; tries += 1) {
      await this.#deps.sleep(backoffMs(tries, Math.random(), pause), this.#closed.signal);
      if (this.#closed.signal.aborted || (await this.#try(message))) return;
    }
    const { node, job } = message;
    this.#deps.log.warn('a node never took back a job', {
      node_slug: node.slug,
      job_id: job.jobId,
    });
  }
}
