interface Waiting<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes what comes while a write is under way together with the next one: one round trip and one commit for many
 * callers (group commit), and none later than it would have been alone. Where several are refused together each is
 * tried alone, so that nobody pays for another's fault; a write must therefore be harmless when it is repeated.
 */
export class GroupedWrites<T> {
  readonly #write: (items: readonly T[]) => Promise<void>;
  readonly #most: number;
  #waiting: Waiting<T>[] = [];
  #active = false;

  /** @param most items of one write */
  constructor(write: (items: readonly T[]) => Promise<void>, most: number) {
    this.#write = write;
    this.#most = most;
  }

  /** Resolves once it is written. @throws what the write of this item throws */
  write(item: T): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ item, resolve, reject });
    if (!this.#active) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#active = true;
    while (this.#waiting.length > 0) await this.#store(this.#waiting.splice(0, this.#most));
    this.#active = false;
  }

  async #store(batch: readonly Waiting<T>[]): Promise<void> {
    try {
      await this.#write(batch.map(({ item }) => item));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      if (batch.length === 1) return batch[0]?.reject(error);
      await Promise.all(batch.map((one) => this.#store([one])));
    }
  }
}
