import type { WorkflowTrigger } from '@cynodeai/contracts/common';
import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import type { GraphEngine, RunNode } from '../ports/graph-engine.ts';
import {
  type KeptState,
  LeaseLost,
  NotOurs,
  type ReleaseOutcome,
  type WorkflowControl,
  type WorkflowLease,
} from '../ports/workflow.ts';
import { TaskCanceled } from './task-canceled.ts';

export interface RunTaskDeps {
  readonly control: WorkflowControl;
  readonly engine: GraphEngine;
  /** The work of the nodes under a lease. */
  readonly nodesOf: (lease: WorkflowLease) => RunNode;
  /** Waits; rejects when the signal fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds of a clock that nobody sets. */
  readonly elapsedMs: () => number;
  readonly log: Log;
}

/** Waits between tries of a call while the lease lives, ms; the last repeats. */
const pausesMs = [1000, 2000, 4000];

/** What ended a run, for its log and its lease. */
type Ending = ReleaseOutcome | 'lost' | 'not_ours';

/** A lease, how long it lives, and the signal that ends its graph. */
class HeldWorkflow {
  readonly #deps: RunTaskDeps;
  readonly #lost = new AbortController();
  #until: number;
  readonly lease: WorkflowLease;

  constructor(deps: RunTaskDeps, lease: WorkflowLease) {
    this.#deps = deps;
    this.lease = lease;
    this.#until = deps.elapsedMs() + lease.livesMs;
  }

  /** Fires when the lease is over. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Renews at a third of its life, until the signal fires or it is lost. */
  async hold(signal: AbortSignal): Promise<void> {
    const { control, sleep, log } = this.#deps;
    let pauseMs = this.lease.livesMs / 3;
    while (!signal.aborted) {
      await sleep(pauseMs, signal).catch(() => {});
      if (signal.aborted) return;
      try {
        const livesMs = await control.renew(this.lease);
        this.#until = this.#deps.elapsedMs() + livesMs;
        pauseMs = livesMs / 3;
      } catch (error) {
        if (error instanceof LeaseLost || this.isOver()) return this.#lose(error);
        pauseMs = Math.min(1000, pauseMs);
        log.warn('a lease could not be renewed and will be tried again', {
          task_id: this.lease.taskId,
          error: messageOf(error),
        });
      }
    }
  }

  isOver(): boolean {
    return this.#deps.elapsedMs() >= this.#until;
  }

  /** Keeps a state, trying again while the lease lives. @throws LeaseLost */
  async keep(kept: KeptState, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#deps.control.checkpoint(this.lease, kept);
      } catch (error) {
        if (error instanceof LeaseLost || this.isOver()) {
          this.#lose(error);
          throw new LeaseLost('the lease is over', { cause: error });
        }
        await this.#deps.sleep(pausesMs[attempt] ?? pausesMs.at(-1) ?? 0, signal);
      }
    }
  }

  #lose(cause: unknown): void {
    this.#lost.abort(new LeaseLost('the lease is over', { cause }));
  }
}

function endingOf(error: unknown, stopped: boolean): Ending {
  if (error instanceof TaskCanceled) return 'canceled';
  if (error instanceof LeaseLost) return 'lost';
  return stopped ? 'yielded' : 'lost';
}

/**
 * Runs a task's graph to its end, or from where an earlier run stopped. Two that are told of one task at once do it
 * once: the lease decides. Without the lease nothing more is written; a stop gives it back.
 */
export async function runTask(
  taskId: string,
  trigger: WorkflowTrigger,
  deps: RunTaskDeps,
  stop: AbortSignal,
): Promise<Ending> {
  const { control, engine, log } = deps;
  let lease: WorkflowLease;
  try {
    lease = await control.start(taskId, trigger);
  } catch (error) {
    if (error instanceof NotOurs) return 'not_ours';
    throw error;
  }
  const held = new HeldWorkflow(deps, lease);
  const done = new AbortController();
  const holding = held.hold(AbortSignal.any([done.signal, held.signal]));
  const signal = AbortSignal.any([stop, held.signal]);
  try {
    const from = await control.resume(taskId);
    const last = await engine.run({
      taskId,
      runNode: deps.nodesOf(lease),
      keep: (kept) => held.keep(kept, signal),
      from,
      signal,
    });
    const outcome = last.lastNode === 'mark_failed' ? 'failed' : 'completed';
    await control.release(lease, outcome);
    return outcome;
  } catch (error) {
    const ending = endingOf(signal.aborted ? signal.reason : error, stop.aborted);
    if (ending === 'canceled' || ending === 'yielded') {
      await control.release(lease, ending).catch(() => {});
    } else {
      log.warn('a graph stopped without its end', { task_id: taskId, error: messageOf(error) });
    }
    return ending;
  } finally {
    done.abort();
    await holding;
  }
}
