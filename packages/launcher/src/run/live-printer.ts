import { type GatewayClient, type StreamedTaskEvent, followEvents } from '@cynodeai/api-client';
import {
  type BinaryStreams,
  type StreamTail,
  type StreamTails,
  utf8Bytes,
} from '@cynodeai/contracts/common';
import type { Notes, Output } from '@cynodeai/command-line/output';

type Stream = 'stdout' | 'stderr';

/** What a task put out, as far as it is to be printed. */
export type Streams = Readonly<Record<Stream, string>> & {
  /** The ends of streams that were cut. */
  readonly tail?: StreamTails | undefined;
  /** The bytes of those that are no text. */
  readonly binary?: BinaryStreams | undefined;
};

/** Says that something is left out of a stream. */
export const gapNote = (stream: Stream, bytes: number): string =>
  `cynode: ${bytes.toLocaleString('en-US')} bytes of ${stream} are left out here\n`;

export interface LiveOptions {
  readonly output: Output;
  readonly notes: Notes;
  /** Called before the first words are printed. */
  readonly onBegin: () => void;
  /** A model answers: its words are printed, what is said of it besides is left for the end. */
  readonly isAnswer: boolean;
}

/** The bytes of a stream behind those of text that was printed. */
function bytesBehind({ binary }: Streams, stream: Stream, shown: string): BinaryStreams {
  const { head, tail } = binary?.[stream] ?? {};
  if (head === undefined) return {};
  const rest = Buffer.from(head, 'base64').subarray(utf8Bytes(shown)).toString('base64');
  return { [stream]: { head: rest, ...(tail && { tail }) } };
}

/** Prints the output of a task as it comes, of a stream that is no text its beginning; the result stays what counts. */
export class LivePrinter {
  readonly #options: LiveOptions;
  #jobId: string | undefined;
  #shown: Record<Stream, string> = { stdout: '', stderr: '' };
  /** Those that are no text, of which the rest is printed at the end. */
  readonly #binary = new Set<Stream>();
  /** Of what lies behind a gap. */
  #shownTail: Partial<Record<Stream, string>> = {};

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** True once something was printed. */
  get begun(): boolean {
    return this.#jobId !== undefined;
  }

  /** Prints until the task has ended or the signal fires; faults of the stream only end the printing. */
  async follow(client: GatewayClient, task: string, signal: AbortSignal): Promise<void> {
    try {
      for await (const event of followEvents(client, { task, signal })) await this.take(event);
    } catch {
      // The result is asked for apart, and tells what went wrong.
    }
  }

  /** Prints what an event brings. */
  async take(event: StreamedTaskEvent): Promise<void> {
    if (event.event === 'job.status') {
      const isAgain = event.data.status === 'queued' && event.data.job_id === this.#jobId;
      if (isAgain) await this.#breakOff();
      return;
    }
    if (event.event !== 'job.log') return;
    const { job_id: jobId, stream, text, omitted_bytes: omitted, binary } = event.data;
    if (stream === 'stderr' && this.#options.isAnswer) return;
    if (!this.begun) this.#options.onBegin();
    else if (this.#jobId !== jobId) await this.#breakOff();
    this.#jobId = jobId;
    if (binary === true) this.#binary.add(stream);
    if (this.#binary.has(stream)) return;
    const { output, notes } = this.#options;
    if (omitted !== undefined) await this.#gap(stream, omitted);
    await (stream === 'stdout' ? output.text(text) : notes.text(text));
    // What could not be printed is left, so that whoever prints the rest meets what is wrong.
    const tail = this.#shownTail[stream];
    if (tail === undefined) this.#shown[stream] += text;
    else this.#shownTail[stream] = tail + text;
  }

  /** What is left to print of the whole. */
  async rest(whole: Streams): Promise<Streams> {
    const { stdout, stderr } = this.#shown;
    if (whole.stdout.startsWith(stdout) && whole.stderr.startsWith(stderr)) {
      const [outTail, errTail] = [this.#restOf('stdout', whole), this.#restOf('stderr', whole)];
      const tail = { ...(outTail && { stdout: outTail }), ...(errTail && { stderr: errTail }) };
      return {
        stdout: whole.stdout.slice(stdout.length),
        stderr: whole.stderr.slice(stderr.length),
        ...(whole.tail && { tail }),
        ...(whole.binary && {
          binary: {
            ...bytesBehind(whole, 'stdout', stdout),
            ...bytesBehind(whole, 'stderr', stderr),
          },
        }),
      };
    }
    await this.#breakOff();
    return whole;
  }

  /** What is left to print behind a gap; nothing where there is none. */
  #restOf(stream: Stream, { tail }: Streams): StreamTail | undefined {
    const { text = '' } = tail?.[stream] ?? {};
    const shown = this.#shownTail[stream];
    if (shown === undefined) return tail?.[stream];
    const rest = text.startsWith(shown) ? text.slice(shown.length) : '';
    return rest === '' ? undefined : { omitted_bytes: 0, text: rest };
  }

  async #gap(stream: Stream, bytes: number): Promise<void> {
    this.#shownTail[stream] = '';
    if (bytes > 0) await this.#options.notes.text(gapNote(stream, bytes));
  }

  async #breakOff(): Promise<void> {
    const { stdout, stderr } = this.#shown;
    this.#binary.clear();
    if (stdout === '' && stderr === '') return;
    const { output, notes, isAnswer } = this.#options;
    if (stdout !== '' && !stdout.endsWith('\n')) await output.text('\n');
    this.#shown = { stdout: '', stderr: '' };
    this.#shownTail = {};
    const what = isAnswer ? 'the model broke off; it is asked' : 'the job was lost; it is run';
    await notes.text(`cynode: ${what} once more\n`);
  }
}
