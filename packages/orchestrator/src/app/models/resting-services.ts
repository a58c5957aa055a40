import { passingDelayMs } from '../../domain/jobs/attempts.ts';
import type { PromptWaitingReason } from '../../domain/prompts/choose-path.ts';

interface Rest {
  readonly until: number;
  readonly reason: PromptWaitingReason;
  /** Calls in a row that were not taken. */
  readonly count: number;
}

/** Services that did not take the last call: they are left alone for a moment, so that a full queue does not knock all the time. */
export class RestingServices {
  readonly #rests = new Map<string, Rest>();
  readonly #monotonicMs: () => number;

  /** @param monotonicMs monotonic clock, ms */
  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** The service at this address did not take a call. Answers with how long it is left alone, ms. */
  note(baseUrl: string, reason: PromptWaitingReason): number {
    const count = (this.#rests.get(baseUrl)?.count ?? 0) + 1;
    const delayMs = passingDelayMs(count, Math.random());
    this.#rests.set(baseUrl, { until: this.#monotonicMs() + delayMs, reason, count });
    return delayMs;
  }

  /** It took a call. */
  clear(baseUrl: string): void {
    this.#rests.delete(baseUrl);
  }

  /** Why it is left alone now; undefined when it is not. */
  reason(baseUrl: string): PromptWaitingReason | undefined {
    const rest = this.#rests.get(baseUrl);
    return rest !== undefined && rest.until > this.#monotonicMs() ? rest.reason : undefined;
  }
}
