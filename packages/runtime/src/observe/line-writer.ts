import { writeSync } from 'node:fs';
import { errorCodeOf } from '../std/index.ts';

/** Writes bytes as far as they go and says how many. @throws the fault of the system */
type WriteBytes = (descriptor: number, bytes: Uint8Array) => number;

export interface LineWriterOptions {
  /** Of a file, a pipe, a socket or a terminal. */
  readonly descriptor: number;
  /** The line, without its end, that tells of lines that were lost meanwhile. */
  readonly lostLine: (lost: number, reason: string) => string;
  /** In place of the system's, for tests. */
  readonly writeBytes?: WriteBytes;
}

/** How often a reader that is slow is waited for, and how long each time, ms. */
const slowReader = { tries: 50, pauseMs: 2 } as const;

const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes whole lines to a descriptor at once and never throws: a full disk, a reader that is gone or one that does not
 * read takes lines, not the process. What was lost is counted, and said once as soon as a line can be written again;
 * half a line that a full disk left is ended, so that no line runs into the next.
 */
export class LineWriter {
  readonly #options: Required<LineWriterOptions>;
  #lost = 0;
  #reason = '';
  #torn = false;

  constructor(options: LineWriterOptions) {
    this.#options = { writeBytes: writeSync, ...options };
  }

  /** @param text one or more lines with their ends */
  write(text: string): void {
    const { lostLine } = this.#options;
    const notice = this.#lost === 0 ? '' : `${lostLine(this.#lost, this.#reason)}\n`;
    const head = `${this.#torn ? '\n' : ''}${notice}`;
    if ((head === '' || this.#put(head)) && this.#put(text)) return;
    this.#lost += 1;
  }

  /** True when all of it was written. */
  #put(text: string): boolean {
    let left = Buffer.from(text);
    const size = left.length;
    try {
      for (let tries = 0; left.length > 0;) {
        const written = this.#some(left, tries);
        tries = written === 0 ? tries + 1 : 0;
        left = left.subarray(written);
      }
      this.#torn = false;
      this.#lost = 0;
      return true;
    } catch (error) {
      this.#torn ||= left.length < size;
      this.#reason = errorCodeOf(error) ?? 'unknown';
      return false;
    }
  }

  #some(bytes: Uint8Array, tries: number): number {
    const { descriptor, writeBytes } = this.#options;
    try {
      return writeBytes(descriptor, bytes);
    } catch (error) {
      // Nobody is waited for twice: one who did not read the last line would hold up every next one.
      const patient = this.#lost === 0 && tries < slowReader.tries;
      if (errorCodeOf(error) !== 'EAGAIN' || !patient) throw error;
      Atomics.wait(pause, 0, 0, slowReader.pauseMs);
      return 0;
    }
  }
}
