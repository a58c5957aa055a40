/** Standard input, as a terminal or as anything else. */
export interface InputStream {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end' | 'error' | 'close', listener: () => void): unknown;
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
  #listening = false;
  /** Looks at the input again; there only while a question is open. */
  #wake: () => void = () => {};

  constructor(stream: InputStream) {
    this.#stream = stream;
  }

  /** Feeds bytes to `take` until it is done or the input ends. Rejects with the signal's reason when it fires. */
  async read(take: Take, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#listen();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#wake = () => {
      const { used, done } = take(this.#rest, this.#ended);
      this.#rest = this.#rest.subarray(used);
      if (!done && !this.#ended) return;
      // What comes now, even before the asker runs again, belongs to the next question.
      this.#wake = () => {};
      resolve();
    };
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort);
    this.#wake();
    this.#stream.resume();
    try {
      await promise;
    } finally {
      this.#wake = () => {};
      this.#stream.pause();
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Listens for good: an end that comes between two questions must not be missed. */
  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#stream.on('data', (chunk) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      this.#wake();
    });
    for (const event of ['end', 'error', 'close'] as const) {
      this.#stream.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }
}
