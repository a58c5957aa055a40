/** How many requests wait for a place at most; each holds a connection. */
const maxWaiting = 64;

/** Places for requests that make a model work; who finds none waits in turn. Contract 03 section 10. */
export class InFlight {
  readonly #limit: number;
  readonly #waitMs: number;
  readonly #waiting = new Set<(admitted: boolean) => void>();
  #taken = 0;

  /**
   * @param limit places; absent means no limit
   * @param waitMs longest wait for one
   */
  constructor(limit: number | undefined, waitMs: number) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    this.#waitMs = waitMs;
  }

  /** Takes a place when one is free at this moment. */
  tryEnter(): boolean {
    if (this.#taken >= this.#limit) return false;
    this.#taken += 1;
    return true;
  }

  /** Waits for a place; false when none came in time, too many wait, or the signal fired. */
  async enter(signal: AbortSignal): Promise<boolean> {
    if (this.tryEnter()) return true;
    if (this.#waiting.size >= maxWaiting || signal.aborted) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    // Whoever gave up is off the list at once: a place handed to it would be lost.
    const giveUp = (): void => {
      this.#waiting.delete(resolve);
      resolve(false);
    };
    const timer = setTimeout(giveUp, this.#waitMs);
    signal.addEventListener('abort', giveUp, { once: true });
    this.#waiting.add(resolve);
    const admitted = await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
    return admitted;
  }

  /** Gives a place back, to the one who waits longest. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken -= 1;
      return;
    }
    this.#waiting.delete(next);
    next(true);
  }
}
