/** Standard input, as a terminal or as anything else. */
export interface InputStream {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end' | 'error' | 'close', listener: () => void): unknown;
  off(event: 'data', listener: (chunk: Buffer) => void): unknown;
  off(event: 'end' | 'error' | 'close', listener: () => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** How much of the input was used, and whether the question is answered by it. */
export interface Taken {
  readonly used: number;
  readonly done: boolean;
}

/** Looks at the bytes not used so far; `ended` when no more will come. */
export type Take = (bytes: Buffer, ended: boolean) => Taken;

/** Takes input piece by piece and keeps what was not used for the next question. */
export class ByteSource {
  readonly #stream: InputStream;
  #rest = Buffer.alloc(0);
  #ended = false;

  constructor(stream: InputStream) {
    this.#stream = stream;
  }

  /** Feeds bytes to `take` until it is done or the input ends. Rejects with the signal's reason when it fires. */
  async read(take: Take, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#offer(take)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onData = (chunk: Buffer): void => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      if (this.#offer(take)) resolve();
    };
    const onEnd = (): void => {
      this.#ended = true;
      this.#offer(take);
      resolve();
    };
    const onAbort = (): void => reject(signal.reason as Error);
    this.#stream.on('data', onData);
    for (const event of ['end', 'error', 'close'] as const) this.#stream.on(event, onEnd);
    signal.addEventListener('abort', onAbort);
    this.#stream.resume();
    try {
      await promise;
    } finally {
      this.#stream.pause();
      this.#stream.off('data', onData);
      for (const event of ['end', 'error', 'close'] as const) this.#stream.off(event, onEnd);
      signal.removeEventListener('abort', onAbort);
    }
  }

  #offer(take: Take): boolean {
    const { used, done } = take(this.#rest, this.#ended);
    this.#rest = this.#rest.subarray(used);
    return done || this.#ended;
  }
}
