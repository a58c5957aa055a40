const windowMs = 60_000;
const maxKeys = 20_000;

/**
 * Counts calls per key over the last minute, in this process. Refused calls are not counted, so that a key
 * is free again as soon as its oldest call is a minute old.
 */
export class SlidingWindow {
  readonly #max: number;
  readonly #calls = new Map<string, number[]>();

  /** @param max calls a key may make per minute. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Counts a call and answers 0, or refuses it and answers the milliseconds until the next one may come. */
  take(key: string, now: Date): number {
    const at = now.getTime();
    const recent = (this.#calls.get(key) ?? []).filter((call) => call > at - windowMs);
    this.#calls.delete(key);
    const oldest = recent[recent.length - this.#max];
    if (oldest === undefined) recent.push(at);
    this.#calls.set(key, recent);
    this.#forgetOldest();
    return oldest === undefined ? 0 : oldest + windowMs - at;
  }

  /** Keeps memory bounded: a map keeps insertion order and `take` moves its key to the end. */
  #forgetOldest(): void {
    if (this.#calls.size <= maxKeys) return;
    const [first] = this.#calls.keys();
    if (first !== undefined) this.#calls.delete(first);
  }
}
