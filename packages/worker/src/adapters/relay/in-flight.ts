/** Longest wait for a place, ms. */
const defaultWaitMs = 30_000;
/** How many requests wait for a place at most; each holds a connection. */
const maxWaiting = 64;

export interface WaitForPlace {
  readonly admitted: Promise<boolean>;
  /** Ends the wait without a place. */
  readonly giveUp: () => void;
}

/** Places whose number is limited, wherever they are counted. */
export interface Places {
  tryEnter(): boolean;
  wait(): WaitForPlace;
  leave(): void;
}

/**
 * Places for requests that make a model work; who finds none waits in turn.
 * See docs/reference/nodes.md#settings-of-a-node.
 */
export class InFlight implements Places {
  readonly #limit: number;
  readonly #waitMs: number;
  readonly #waiting = new Set<(admitted: boolean) => void>();
  #taken = 0;

  /**
   * @param limit places; absent means no limit
   * @param waitMs longest wait for one
   */
  constructor(limit: number | undefined, waitMs = defaultWaitMs) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    this.#waitMs = waitMs;
  }

  /** Takes a place when one is free at this moment. */
  tryEnter(): boolean {
    if (this.#taken >= this.#limit) return false;
    this.#taken += 1;
    return true;
  }

  /** Waits for a place; it is not given when none came in time, too many wait, or the caller gave up. */
  wait(): WaitForPlace {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    if (this.#waiting.size >= maxWaiting) return { admitted: Promise.resolve(false), giveUp() {} };
    const settle = (admitted: boolean): void => {
      // Whoever gave up is off the list at once: a place handed to it would be lost.
      this.#waiting.delete(settle);
      clearTimeout(timer);
      resolve(admitted);
    };
    const giveUp = (): void => settle(false);
    const timer = setTimeout(giveUp, this.#waitMs);
    this.#waiting.add(settle);
    return { admitted: promise, giveUp };
  }

  /** Gives a place back, to the one who waits longest. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken -= 1;
      return;
    }
    next(true);
  }
}
