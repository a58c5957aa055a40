import { CommandError } from '../error/index.ts';
import { type TextStream, writeText } from '../output/index.ts';
import { ByteSource, type InputStream } from './byte-source.ts';
import { SecretLine, type SecretState } from './secret-line.ts';

export interface TerminalOptions {
  readonly input: InputStream;
  /** Where questions go: standard error. */
  readonly prompts: TextStream;
  readonly signal: AbortSignal;
}

/** Longest line a question takes, bytes. */
const maxLineBytes = 64 * 1024;

/** Questions to the user, asked on standard error and answered on standard input. */
export class Terminal {
  readonly #options: TerminalOptions;
  readonly #source: ByteSource;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#source = new ByteSource(options.input);
  }

  /** Whether a person answers, who is shown each question. */
  get isInteractive(): boolean {
    return this.#options.input.isTTY === true;
  }

  /** Asks and reads one line without its newline; undefined at the end of the input. */
  async ask(question: string): Promise<string | undefined> {
    await this.#prompt(question);
    const line = await this.#line();
    if (!this.#options.input.isTTY) await writeText(this.#options.prompts, '\n');
    return line;
  }

  /**
   * Asks for a secret without echo; from anything but a terminal one line is read silently. The terminal is restored
   * on every way out. @throws CommandError `interrupted` on Ctrl+C.
   */
  async askSecret(question: string): Promise<string | undefined> {
    const { input, prompts, signal } = this.#options;
    if (!input.isTTY || input.setRawMode === undefined) return this.#line();
    const line = new SecretLine();
    let state: SecretState = 'typing';
    input.setRawMode(true);
    try {
      await this.#prompt(question);
      await this.#source.read((bytes) => {
        const typed = line.type(bytes);
        state = typed.state;
        return { used: typed.used, done: state !== 'typing' };
      }, signal);
    } finally {
      input.setRawMode(false);
      await writeText(prompts, '\n');
    }
    // Widened again: the compiler does not see the closure's assignments.
    const outcome = state as SecretState;
    if (outcome === 'interrupted') throw new CommandError('interrupted', 'interrupted');
    return outcome === 'done' ? line.text : undefined;
  }

  /** Everything on standard input as text. @throws CommandError `usage` when it is not UTF-8 or longer than 64 KiB. */
  async readAll(): Promise<string> {
    let all: Uint8Array = new Uint8Array();
    await this.#source.read((bytes, ended) => {
      all = bytes;
      const done = ended || bytes.length > maxLineBytes;
      return { used: done ? bytes.length : 0, done };
    }, this.#options.signal);
    return decode(all);
  }

  /**
   * True for `y` or `Y` and nothing else. See docs/reference/cli.md#confirmation (REQ-CLIENT-0128).
   */
  async confirm(question: string): Promise<boolean> {
    const answer = await this.ask(question);
    return answer === 'y' || answer === 'Y';
  }

  async #prompt(question: string): Promise<void> {
    const { input, prompts } = this.#options;
    await writeText(prompts, input.isTTY ? `${question} ` : question);
  }

  async #line(): Promise<string | undefined> {
    let line: Buffer | undefined;
    await this.#source.read((bytes, ended) => {
      const end = bytes.indexOf(0x0a);
      const whole = end === -1 ? bytes.length : end;
      const done = end !== -1 || ended || bytes.length > maxLineBytes;
      if (!done) return { used: 0, done };
      if (end !== -1 || whole > 0) line = bytes.subarray(0, whole);
      return { used: end === -1 ? whole : end + 1, done };
    }, this.#options.signal);
    return line === undefined ? undefined : decode(line).replace(/\r$/, '');
  }
}

function decode(bytes: Uint8Array): string {
  if (bytes.length > maxLineBytes)
    throw new CommandError('usage', 'the input is longer than 64 KiB');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CommandError('usage', 'the input is not valid UTF-8 text', { cause });
  }
}
