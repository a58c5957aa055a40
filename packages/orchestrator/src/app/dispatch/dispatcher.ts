import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import type { ClaimOptions, ClaimedJob, Claims } from '../../ports/claims.ts';
import type { ExpiredJob, Leases } from '../../ports/leases.ts';
import type { LeftJob, LeftJobs } from '../../ports/left-jobs.ts';
import type { NodeConnection, Nodes } from '../../ports/nodes.ts';
import type { WorkerApi } from '../../ports/worker-api.ts';
import type { HeldLease } from '../leases/held-lease.ts';
import type { HeldLeases } from '../leases/held-leases.ts';
import { ClaimedJobRun, type RunClaimedJobDeps } from './run-claimed-job.ts';
import { SilentNodes } from './silent-nodes.ts';

export interface DispatcherDeps extends Omit<RunClaimedJobDeps, 'claimOptions' | 'onSilent'> {
  readonly held: HeldLeases<ClaimedJob>;
  readonly claims: Claims;
  readonly leases: Leases;
  readonly leftJobs: LeftJobs;
  readonly nodes: Nodes;
  readonly worker: WorkerApi;
  readonly log: Log;
  /** Leases this process holds beside these jobs: prompts that a model answers. */
  readonly otherLeases: () => readonly string[];
}

/**
 * Seconds between SIGTERM and kill of a canceled job. See docs/reference/tasks-and-jobs.md#cancel.
 */
const stopGraceSeconds = 30;
/**
 * Longest wait for a node's answer to an ordered stop, ms.
 * See docs/reference/processes.md#start-and-stop.
 */
const stopAllMs = 15_000;

/**
 * Claims queued jobs and looks after them, all at once: a slow job never holds up another and
 * nothing holds a transaction across a call. Loops and wake-ups are the caller's.
 * See docs/reference/leases.md (REQ-ORCHES-0100).
 */
export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #run: RunClaimedJobDeps;
  readonly #silent: SilentNodes;
  /** Canceled jobs whose nodes said that they are stopping. */
  readonly #stopping = new WeakSet<HeldLease<ClaimedJob>>();

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
    this.#silent = new SilentNodes(deps.monotonicMs);
    this.#run = {
      ...deps,
      claimOptions: () => this.#claimOptions(),
      onSilent: (nodeId) => this.#silent.note(nodeId),
    };
  }

  /** Claims and starts what fits now, until nothing more does; resolves without waiting for the jobs. */
  async dispatch(): Promise<void> {
    const { held, claims } = this.#deps;
    let claimed: number;
    do {
      claimed = await held.claim(
        () => claims.sandboxJobs(this.#claimOptions()),
        (job) => new ClaimedJobRun(job, this.#run).start(),
      );
    } while (claimed > 0);
  }

  /** Takes up jobs whose former lease is over. See docs/reference/leases.md#leases-and-retries. */
  async retry(): Promise<void> {
    const { held, claims } = this.#deps;
    let claimed: number;
    do {
      claimed = await held.claim(
        () => claims.retries(),
        (job, retry) => new ClaimedJobRun(job, this.#run).resume(retry),
      );
    } while (claimed > 0);
  }

  /**
   * Looks for jobs of its own that were canceled and asks their nodes to stop them.
   * See docs/reference/tasks-and-jobs.md#cancel.
   */
  async stopCanceled(): Promise<void> {
    const { held } = this.#deps;
    await held.findCanceled();
    const running = held.all().filter((job) => job.canceled && !this.#stopping.has(job));
    await Promise.all(running.map((job) => this.#stop(job)));
  }

  /**
   * Takes away leases that nobody renews, and stops canceled jobs nobody looks after.
   * See docs/reference/leases.md#leases-and-retries.
   */
  async reap(): Promise<void> {
    const { held, leases, leftJobs, nodes, outbox, otherLeases } = this.#deps;
    const expired = await leases.reap([...held.aliveLeaseIds, ...otherLeases()]);
    for (const job of expired) this.#expired(job);
    const left: LeftJob[] = [
      ...expired.flatMap(({ expiry, nodeId, ...job }) =>
        expiry.kind === 'exhausted' && nodeId !== undefined ? [{ ...job, nodeId }] : [],
      ),
      ...(await leftJobs.takeOrphanedCancels()),
    ];
    if (left.length === 0) return;
    const connections = await callable(nodes);
    for (const job of left) {
      const node = connections.find(({ nodeId }) => nodeId === job.nodeId);
      if (node !== undefined) outbox.stop(node, job);
    }
  }

  /**
   * Orders every node to stop what orchestrators started there, unless jobs run under leases of
   * another one: then it is not this process's to end them. Never rejects.
   * See docs/reference/processes.md#start-and-stop and docs/reference/worker-api.md#stops.
   */
  async stopNodes(): Promise<void> {
    const { held, leases, nodes, worker, log, otherLeases } = this.#deps;
    try {
      if (await leases.othersRun([...held.leaseIds, ...otherLeases()])) {
        log.warn('nodes are not stopped: another control-plane has jobs running');
        return;
      }
      const all = await callable(nodes);
      await Promise.all(
        all.map(async (node) => {
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
   * now, and whoever takes them up asks the nodes. `hurry` fires when nothing could be stored any more.
   */
  drain(limitMs: number, hurry?: AbortSignal): Promise<void> {
    const { held, leases, completer, log } = this.#deps;
    return held.drain(limitMs, {
      onLeft: (jobs) => {
        log.warn('jobs are handed over at shutdown', { jobs });
        completer.giveUp();
      },
      handBack: (left) => leases.abandon(left),
      hurry,
    });
  }

  #claimOptions(): ClaimOptions {
    return { extraRunning: this.#stillRunning(), avoid: this.#silent.current() };
  }

  /** Jobs a node still winds down although their rows say `canceled`. */
  #stillRunning(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { canceled, lease } of this.#deps.held.all()) {
      const { nodeId } = lease.node;
      if (canceled) counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
    }
    return counts;
  }

  #expired({ jobId, leaseId, nodeId, expiry }: ExpiredJob): void {
    const { held, log, onDue } = this.#deps;
    const fields = { job_id: jobId, lease_id: leaseId, next: expiry.kind };
    log.warn('a lease ran out', { ...fields, ...(nodeId !== undefined && { node_id: nodeId }) });
    held.lose(jobId, leaseId);
    if (expiry.kind === 'requeue') onDue(expiry.delayMs);
  }

  async #stop(held: HeldLease<ClaimedJob>): Promise<void> {
    const { taskId, jobId, node } = held.lease;
    const job = { taskId, jobId, graceSeconds: stopGraceSeconds };
    const answer = await this.#deps.worker.stopJob(node, job);
    // `not_running` may mean that the request has not arrived yet: ask again while its answer is outstanding.
    if (answer === 'stopping') this.#stopping.add(held);
    this.#deps.log.info('a node was asked to stop a job', { job_id: jobId, answer });
  }
}

async function callable(nodes: Nodes): Promise<NodeConnection[]> {
  return (await nodes.all()).flatMap(({ connection }) => (connection ? [connection] : []));
}
