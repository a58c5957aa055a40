import process from 'node:process';
import { fitWidth } from './fit-width.ts';
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
      const line = `${this.#name}: ${this.#text} (${(tookMs / 1000).toFixed(1)} s)\n`;
      writeNow(this.#output, tookMs < quietMs ? '' : line, startOfLine);
    }
    this.#text = '';
    this.#detail = '';
    this.#shown = false;
  }

  #show(): void {
    this.#shown = true;
    if (!this.#output.isTTY) {
      writeNow(this.#output, `${this.#name}: ${this.#text}\n`);
      return;
    }
    let frame = 0;
    this.#timer = setInterval(() => {
      const sign = frames[frame % frames.length] ?? '';
      const line = fitWidth(`${sign} ${this.#text}${this.#detail}`, this.#output.columns);
      writeNow(this.#output, line, startOfLine);
      frame += 1;
    }, frameMs).unref();
  }
}
