interface Waiter {
  readonly most: number;
  readonly take: () => void;
}

/** Calls that may wait in one process for their turn at the model. */
const mostWaiting = 64;

/** Places at the model for agents: so many are asked at once, the others follow in their order. */
export class ModelPlaces {
  #taken = 0;
  readonly #waiting: Waiter[] = [];

  /**
   * Waits for a place, which its holder gives back with `leave`. False, and no place, once the signal fires or where too
   * many wait already.
   * @param most calls at once
   */
  async enter(most: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#waiting.length === 0 && this.#taken < most) {
      this.#taken += 1;
      return true;
    }
    if (this.#waiting.length >= mostWaiting) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter: Waiter = { most, take: () => resolve(true) };
    const giveUp = (): void => {
      const index = this.#waiting.indexOf(waiter);
      // One that was let in meanwhile has its place.
      if (index === -1) return;
      this.#waiting.splice(index, 1);
      resolve(false);
      this.#letIn();
    };
    this.#waiting.push(waiter);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  leave(): void {
    this.#taken -= 1;
    this.#letIn();
  }

  #letIn(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || this.#taken >= next.most) return;
      this.#waiting.shift();
      this.#taken += 1;
      next.take();
    }
  }
}
