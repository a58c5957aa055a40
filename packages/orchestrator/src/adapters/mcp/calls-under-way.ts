/** Calls of tools in this process that have not come to their rows yet. */
export class CallsUnderWay {
  readonly #calls = new Set<Promise<unknown>>();
  readonly #controllers = new Map<string, AbortController>();

  /** Runs a call; its signal fires when its client gives the request up. */
  async run<T>(
    session: string,
    requestId: string | number,
    call: (givenUp: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const key = keyOf(session, requestId);
    const controller = new AbortController();
    this.#controllers.set(key, controller);
    const running = call(controller.signal);
    this.#calls.add(running);
    try {
      return await running;
    } finally {
      this.#calls.delete(running);
      // A client that uses an id twice has the later one in its place.
      if (this.#controllers.get(key) === controller) this.#controllers.delete(key);
    }
  }

  giveUp(session: string, requestId: string | number): void {
    this.#controllers.get(keyOf(session, requestId))?.abort();
  }

  /** Resolves when those that run now have ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#calls);
  }
}

/** A number and the text of it are two ids. */
function keyOf(session: string, requestId: string | number): string {
  return JSON.stringify([session, requestId]);
}
