import process from 'node:process';
import { fitWidth, textWidth } from './fit-width.ts';
import { writeNow } from './stream.ts';

/** Where people see what takes long; results never go here. */
export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  /** Width of the window, where there is one. */
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** The program, which begins every line. */
  readonly name: string;
  readonly quiet?: boolean;
  readonly output?: ProgressOutput;
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
/** A sign and a space before the text. */
const signWidth = 2;
/** Goes back to the start of the line and empties it. */
const startOfLine = '\r\u001B[K';
const frameMs = 100;
/** Work shorter than this is not worth a line. */
const quietMs = 1000;
const ttyQuietMs = 250;

/**
 * Shows on stderr what is being done when it takes longer than a second: one changing line on a terminal, one line a
 * step elsewhere. A step ends when the next begins, or with `done`.
 */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #name: string;
  readonly #quiet: boolean;
  #timer: NodeJS.Timeout | undefined;
  #text = '';
  #detail = '';
  #startedMs = 0;
  #shown = false;
  /** What was written whole, without its numbers. */
  #told = '';

  constructor({ name, quiet = false, output = process.stderr }: ProgressOptions) {
    this.#output = output;
    this.#name = name;
    this.#quiet = quiet;
  }

  /** Begins a step; saying the same again changes nothing. */
  step(text: string): void {
    if (text === this.#text) return;
    this.done();
    if (this.#quiet) return;
    this.#text = text;
    this.#startedMs = performance.now();
    const tty = this.#output.isTTY === true;
    this.#timer = setTimeout(() => this.#show(), tty ? ttyQuietMs : quietMs).unref();
  }

  /** Says how far the step under way is; only a terminal shows it. */
  tell(detail: string): void {
    this.#detail = `: ${detail}`;
  }

  /** Writes a line that stays where no changing one is shown. */
  milestone(text: string): void {
    const shows = !this.#quiet && this.#output.isTTY !== true;
    if (shows) writeNow(this.#output, `${this.#name}: ${text}\n`);
  }

  /** Writes a line that stays. */
  note(text: string): void {
    const { output, text: step } = { output: this.#output, text: this.#text };
    this.done();
    if (!this.#quiet) writeNow(output, `${this.#name}: ${text}\n`);
    if (step !== '') this.step(step);
  }

  /** Ends the step under way. */
  done(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#timer);
    const tookMs = performance.now() - this.#startedMs;
    if (this.#shown && this.#output.isTTY) {
      const took = ` (${(tookMs / 1000).toFixed(1)} s)`;
      const text = this.#fits() ? this.#text : (this.#text.split(/[;:,] /, 1)[0] ?? '');
      const line = `${this.#name}: ${text}${took}\n`;
      writeNow(this.#output, tookMs < quietMs ? '' : line, startOfLine);
    }
    this.#text = '';
    this.#detail = '';
    this.#shown = false;
  }

  #fits(): boolean {
    const { columns = 0 } = this.#output;
    // Some terminals answer 0 where they do not know.
    return columns <= 0 || textWidth(this.#text) + signWidth <= columns;
  }

  /** What the window is too narrow for is written once where it can be read; later only its numbers may differ. */
  #tellWhole(): void {
    const told = this.#text.replaceAll(/\d+/g, '#');
    if (told === this.#told) return;
    this.#told = told;
    writeNow(this.#output, `${this.#name}: ${this.#text}\n`);
  }

  #show(): void {
    this.#shown = true;
    if (!this.#output.isTTY) {
      writeNow(this.#output, `${this.#name}: ${this.#text}\n`);
      return;
    }
    if (!this.#fits()) this.#tellWhole();
    let frame = 0;
    this.#timer = setInterval(() => {
      const sign = frames[frame % frames.length] ?? '';
      const line = fitWidth(`${sign} ${this.#text}${this.#detail}`, this.#output.columns);
      writeNow(this.#output, line, startOfLine);
      frame += 1;
    }, frameMs).unref();
  }
}
