import { type Readable, addAbortSignal } from 'node:stream';
import { sizeText, textOf } from './checked-file.ts';
import { TaskInputError } from './task-input-error.ts';

/** What comes in on standard input, read once and whole. */
export class StandardInput {
  readonly #open: () => Readable;
  readonly #signal: AbortSignal | undefined;

  /** @param signal ends the reading, since nobody says when input ends */
  constructor(open: () => Readable, signal?: AbortSignal) {
    this.#open = open;
    this.#signal = signal;
  }

  /** @throws TaskInputError for more than `maxBytes`; the signal's fault when it fires */
  async bytes(maxBytes: number): Promise<Buffer> {
    const stream = this.#open();
    if (this.#signal !== undefined) addAbortSignal(this.#signal, stream);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk as Uint8Array);
      size += bytes.length;
      if (size > maxBytes) {
        throw new TaskInputError(`standard input is larger than ${sizeText(maxBytes)}`);
      }
      chunks.push(bytes);
    }
    return Buffer.concat(chunks, size);
  }

  /** The same as text. @throws TaskInputError also for what is not UTF-8, or empty */
  async text(maxBytes: number): Promise<string> {
    return textOf('standard input', await this.bytes(maxBytes));
  }
}
