const windowMs = 60_000;
const maxKeys = 10_000;

interface Window {
  readonly startedAt: number;
  count: number;
}

/**
 * Calls of a minute by whoever makes them, in windows that begin with a first call. Each process counts its own: a
 * limit of each process is one of the install as long as an agent calls one of them.
 */
export class CallRate {
  readonly #windows = new Map<string, Window>();

  /** Counts a call; false when it is one too many. */
  admit(key: string, max: number, nowMs: number): boolean {
    let window = this.#windows.get(key);
    if (window === undefined || nowMs - window.startedAt >= windowMs) {
      this.#windows.delete(key);
      this.#forget(nowMs);
      window = { startedAt: nowMs, count: 0 };
      this.#windows.set(key, window);
    }
    window.count += 1;
    return window.count <= max;
  }

  /** Windows stand in the order they began, so that those past their minute are the first. */
  #forget(nowMs: number): void {
    for (const [key, { startedAt }] of this.#windows) {
      if (this.#windows.size < maxKeys && nowMs - startedAt < windowMs) return;
      this.#windows.delete(key);
    }
  }
}
