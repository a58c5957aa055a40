import { CommandError } from '../error/index.ts';
import { type List, formatList } from './list.ts';
import { type Fields, formatRecord } from './record.ts';
import { type TextStream, writeFully, writeText } from './stream.ts';

export const outputFormats = ['table', 'json', 'jsonl'] as const;

/** How results are printed: for people, as one JSON value, or as a JSON value a line. */
export type OutputFormat = (typeof outputFormats)[number];

/** What the table format shows: records, one a line, or a list under a header. */
type TableResult = { readonly records: readonly Fields[] } | { readonly list: List };

/** One result in both shapes; `json` is the one value of the JSON format. */
export type Result = TableResult & { readonly json: unknown };

/** A result as the table format shows it. */
export function formatTable(result: TableResult): string {
  if ('list' in result) return formatList(result.list);
  return result.records.map((record) => `${formatRecord(record)}\n`).join('');
}

/**
 * Standard output: results only, in the format the user chose. See docs/reference/cli.md#output
 * (REQ-CLIENT-0143, REQ-CLIENT-0144).
 */
export class Output {
  readonly format: OutputFormat;
  readonly #stream: TextStream;
  readonly #closed = new AbortController();

  constructor(format: OutputFormat, stream: TextStream) {
    this.format = format;
    this.#stream = stream;
  }

  /** Fires, as an interruption does, when nobody reads any more: whoever prints without end stops then. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Prints a result as a table or as one JSON value. */
  async print(result: Result): Promise<void> {
    if (this.format === 'table') {
      await this.text(formatTable(result));
    } else {
      await this.json(result.json);
    }
  }

  /** Prints one JSON value over several lines. */
  async json(value: unknown): Promise<void> {
    await this.text(`${JSON.stringify(value, undefined, 2)}\n`);
  }

  /** Prints one compact JSON value as a line, at once. */
  async line(value: unknown): Promise<void> {
    await this.text(`${JSON.stringify(value)}\n`);
  }

  /** True when a person watches and the screen may be redrawn. */
  get isScreen(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Width of the window of a person who watches; undefined where nobody does, or it is unknown. */
  get columns(): number | undefined {
    const { columns = 0 } = this.#stream;
    return this.isScreen && columns > 0 ? columns : undefined;
  }

  /** Empties the terminal's screen; nothing anywhere else. */
  async clear(): Promise<void> {
    if (this.isScreen) await writeFully(this.#stream, '\u001B[2J\u001B[H');
  }

  /** Prints text as it is; a terminal is shown its control characters. */
  async text(text: string): Promise<void> {
    this.#note(await writeText(this.#stream, text));
  }

  /** Writes bytes as they are; none to a terminal, and false then. */
  async bytes(bytes: Uint8Array): Promise<boolean> {
    if (this.isScreen) return false;
    this.#note(bytes.length === 0 || (await writeFully(this.#stream, bytes)));
    return true;
  }

  #note(isRead: boolean): void {
    if (isRead) return;
    this.#closed.abort(new CommandError('interrupted', 'nobody reads the output any more'));
  }
}
