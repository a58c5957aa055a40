import type { ModelLimits } from '../../domain/prompts/model-limits.ts';

/** What a model was too slow at; the message names the limit. */
export class ModelSilence extends Error {
  override readonly name = 'ModelSilence';
}

/**
 * Ends a call whose model is silent for too long: other limits hold before its first word, while it waits for others
 * or is loaded, and between two words. See docs/reference/inference.md#prompts.
 */
export class SilenceWatch implements Disposable {
  readonly #limits: ModelLimits;
  readonly #stop = new AbortController();
  readonly #known = new AbortController();
  readonly #total: NodeJS.Timeout;
  #timer: NodeJS.Timeout;

  constructor(limits: ModelLimits) {
    const { loadMs, totalMs } = limits;
    this.#limits = limits;
    this.#total = this.#after(totalMs, 'the model was still answering after');
    this.#timer = this.#after(loadMs, 'the model was not ready to answer within');
  }

  /** Fires with a `ModelSilence` when a limit is over. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Fires when it is known whether the model is at work, or the call is over. */
  get known(): AbortSignal {
    return this.#known.signal;
  }

  /** The model is in memory: from now on it has the time of a first word. */
  begun(): void {
    if (this.known.aborted) return;
    this.#known.abort();
    this.#restart(this.#limits.firstWordMs, 'the model did not say a word within');
  }

  /** A word came. */
  word(): void {
    this.#known.abort();
    this.#restart(this.#limits.silenceMs, 'the model fell silent in the middle of its answer for');
  }

  [Symbol.dispose](): void {
    this.#known.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#total);
  }

  #restart(ms: number, what: string): void {
    clearTimeout(this.#timer);
    this.#timer = this.#after(ms, what);
  }

  #after(ms: number, what: string): NodeJS.Timeout {
    const reason = (): ModelSilence => new ModelSilence(`${what} ${Math.round(ms / 1000)} s`);
    return setTimeout(() => {
      this.#known.abort();
      this.#stop.abort(reason());
    }, ms);
  }
}
