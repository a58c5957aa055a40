import type { TaskSignals } from '../../ports/tasks.ts';

/** Remembers that a task changed since the last look, so that no change between a read and a wait is missed. */
export class TaskWatch implements Disposable {
  readonly #unsubscribe: () => void;
  readonly #signal: AbortSignal;
  #changed = false;
  #wake: (() => void) | undefined;

  /** @param signal ends every wait from the moment it fires. */
  constructor(signals: TaskSignals, taskId: string, signal: AbortSignal) {
    this.#signal = signal;
    this.#unsubscribe = signals.subscribe(taskId, this.#onChange);
    signal.addEventListener('abort', this.#onChange);
  }

  /** Resolves at the next change, after `ms`, or when the signal fires. */
  async next(ms: number): Promise<void> {
    if (!this.#changed && !this.#signal.aborted && ms > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      this.#wake = resolve;
      await promise;
      clearTimeout(timer);
      this.#wake = undefined;
    }
    this.#changed = false;
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#onChange);
    this.#unsubscribe();
  }

  readonly #onChange = (): void => {
    this.#changed = true;
    this.#wake?.();
  };
}
