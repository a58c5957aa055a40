import { oneLine } from '@cynodeai/runtime/std';
import { styleText } from 'node:util';
import { sanitize } from './sanitize.ts';
import { type TextStream, writeFully, writeText } from './stream.ts';

export interface NotesOptions {
  readonly stream: TextStream;
  readonly quiet: boolean;
  readonly color: boolean;
}

/** Standard error: everything that is not a result. It may be closed; that is no reason to lose the result. */
export class Notes {
  readonly #options: NotesOptions;

  constructor(options: NotesOptions) {
    this.#options = options;
  }

  /** A hint or paging note; `--quiet` drops it. */
  async hint(text: string): Promise<void> {
    if (!this.#options.quiet) await this.#line(text);
  }

  /** A step under way, for people who watch; `--quiet` drops it, and so does a stream that is no terminal. */
  async progress(text: string): Promise<void> {
    if (this.#options.stream.isTTY) await this.hint(text);
  }

  async warn(text: string): Promise<void> {
    await this.#line(text, 'warning', 'yellow');
  }

  /** A failure, on one line. See docs/reference/cli.md#errors. */
  async error(text: string): Promise<void> {
    await this.#line(text, 'error', 'red');
  }

  /** Tells what became of a question; `--quiet` keeps it. */
  async say(text: string): Promise<void> {
    await this.#line(text);
  }

  /** Text of several lines as it is; a terminal is shown its control characters. `--quiet` keeps it. */
  async text(text: string): Promise<void> {
    await writeText(this.#options.stream, text).catch(() => {});
  }

  /** Writes bytes as they are; none to a terminal, and false then. */
  async bytes(bytes: Uint8Array): Promise<boolean> {
    const { stream } = this.#options;
    if (stream.isTTY === true) return false;
    if (bytes.length > 0) await writeFully(stream, bytes).catch(() => {});
    return true;
  }

  async #line(text: string, label?: string, style: 'red' | 'yellow' = 'red'): Promise<void> {
    const { stream, color } = this.#options;
    const line = sanitize(oneLine(text));
    const colored = color && stream.isTTY === true;
    const prefix =
      label === undefined
        ? ''
        : `${colored ? styleText(style, `${label}:`, { validateStream: false }) : `${label}:`} `;
    await writeFully(stream, `${prefix}${line}\n`).catch(() => {});
  }
}
