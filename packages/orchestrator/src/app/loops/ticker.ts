import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';

export interface TickerOptions {
  /** Name of the work, for the log. */
  readonly name: string;
  /** Longest pause between two runs, ms: the net below the wake-ups. A function is asked after every run. */
  readonly pollMs: number | (() => number);
  readonly log: Log;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const dueSlackMs = 10;

/** Runs work when woken and at least every `pollMs`, never twice at once; a failure is logged and tried again. */
export class Ticker {
  readonly #options: TickerOptions;
  #woken = false;
  #nap = new AbortController();

  constructor(options: TickerOptions) {
    this.#options = options;
  }

  /** Runs the work soon; a wake-up during a run leads to another run. */
  wake(): void {
    this.#woken = true;
    this.#nap.abort();
  }

  /** Runs the work a moment after something is due in `ms`, unless the signal fires first: the clock that says so may be another's. */
  wakeWhenDue(ms: number, signal: AbortSignal): void {
    const wake = (): void => {
      if (!signal.aborted) this.wake();
    };
    void this.#options.sleep(ms + dueSlackMs, signal).then(wake);
  }

  /** Runs until the signal fires, and then resolves when the run under way has ended. */
  async run(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { name, pollMs, log, sleep } = this.#options;
    const stop = (): void => this.#nap.abort();
    signal.addEventListener('abort', stop);
    while (!signal.aborted) {
      this.#woken = false;
      this.#nap = new AbortController();
      try {
        await work();
      } catch (error) {
        log.warn(`${name} failed`, { error: messageOf(error) });
        this.#woken = false;
      }
      if (!this.#woken && !signal.aborted) {
        await sleep(typeof pollMs === 'number' ? pollMs : pollMs(), this.#nap.signal);
      }
    }
    signal.removeEventListener('abort', stop);
  }
}
