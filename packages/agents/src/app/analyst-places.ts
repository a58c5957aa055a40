import type { Sleep } from './patient-tools.ts';

/** How long a verification waits for a place, ms, and how often it looks. */
const waitMs = 30_000;
const lookMs = 1000;

/** Analysts that work in this process. See docs/reference/workflow.md#verification. */
export class AnalystPlaces {
  #taken = 0;

  /** Gives a place back once; undefined where none was free for 30 s. */
  async take(most: number, sleep: Sleep, signal: AbortSignal): Promise<(() => void) | undefined> {
    for (let waited = 0; this.#taken >= most; waited += lookMs) {
      if (waited >= waitMs) return undefined;
      await sleep(lookMs, signal);
      signal.throwIfAborted();
    }
    this.#taken += 1;
    return () => {
      this.#taken -= 1;
    };
  }
}
