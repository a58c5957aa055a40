import type { Log } from '@cynodeai/runtime/observe';
import { backoffMs } from '@cynodeai/runtime/std';
import { NodeError } from '../../domain/node/node-error.ts';
import type { Timer } from '../../ports/timer.ts';

/**
 * How long and how often an unreachable orchestrator is tried.
 * See docs/reference/nodes.md#start-of-a-node.
 */
export const retryRule = { firstMs: 1000, maxMs: 30_000, jitter: 0.3, windowMs: 300_000 } as const;

export interface RetryDeps {
  readonly timer: Timer;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A span of time in which calls may be repeated; several calls may share one. */
export class RetryWindow {
  readonly #deps: RetryDeps;
  readonly #end: number;
  #attempt = 0;

  constructor(deps: RetryDeps) {
    this.#deps = deps;
    this.#end = deps.timer.elapsedMs() + retryRule.windowMs;
  }

  /**
   * Runs `work` until it succeeds or fails with anything but `orchestrator_unavailable`.
   * @throws NodeError the last one when the window is over; the signal's reason when it fires
   */
  async run<T>(what: string, work: () => Promise<T>): Promise<T> {
    const { timer, log, signal } = this.#deps;
    for (;;) {
      signal.throwIfAborted();
      try {
        const result = await work();
        this.#attempt = 0;
        return result;
      } catch (error) {
        if (!(error instanceof NodeError) || error.code !== 'orchestrator_unavailable') throw error;
        this.#attempt += 1;
        const spread = backoffMs(this.#attempt, timer.random(), retryRule);
        const delay = Math.min(retryRule.maxMs, Math.max(retryRule.firstMs, spread));
        if (timer.elapsedMs() + delay > this.#end) throw error;
        log.warn('orchestrator is not available; trying again', {
          call: what,
          reason: error.message,
          retry_ms: delay,
        });
        await timer.sleep(delay, signal);
      }
    }
  }
}
