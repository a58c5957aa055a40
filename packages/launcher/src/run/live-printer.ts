import { type GatewayClient, type StreamedTaskEvent, followEvents } from '@cynodeai/api-client';
import type { Notes, Output } from '@cynodeai/command-line/output';

type Stream = 'stdout' | 'stderr';

/** What a task put out, as far as it is to be printed. */
export type Streams = Readonly<Record<Stream, string>>;

export interface LiveOptions {
  readonly output: Output;
  readonly notes: Notes;
  /** Called before the first words are printed. */
  readonly onBegin: () => void;
  /** A model answers: its words are printed, what is said of it besides is left for the end. */
  readonly isAnswer: boolean;
}

/** Prints the output of a task as it comes, for a person at a terminal; the result stays what counts. */
export class LivePrinter {
  readonly #options: LiveOptions;
  #jobId: string | undefined;
  #shown: Record<Stream, string> = { stdout: '', stderr: '' };

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
    const { job_id: jobId, stream, text } = event.data;
    if (stream === 'stderr' && this.#options.isAnswer) return;
    if (!this.begun) this.#options.onBegin();
    else if (this.#jobId !== jobId) await this.#breakOff();
    this.#jobId = jobId;
    this.#shown[stream] += text;
    const { output, notes } = this.#options;
    await (stream === 'stdout' ? output.text(text) : notes.text(text));
  }

  /** What is left to print of the whole. */
  async rest(whole: Streams): Promise<Streams> {
    const { stdout, stderr } = this.#shown;
    if (whole.stdout.startsWith(stdout) && whole.stderr.startsWith(stderr)) {
      return {
        stdout: whole.stdout.slice(stdout.length),
        stderr: whole.stderr.slice(stderr.length),
      };
    }
    await this.#breakOff();
    return whole;
  }

  async #breakOff(): Promise<void> {
    const { stdout, stderr } = this.#shown;
    if (stdout === '' && stderr === '') return;
    const { output, notes, isAnswer } = this.#options;
    if (stdout !== '' && !stdout.endsWith('\n')) await output.text('\n');
    this.#shown = { stdout: '', stderr: '' };
    const what = isAnswer ? 'the model broke off; it is asked' : 'the job was lost; it is run';
    await notes.text(`cynode: ${what} once more\n`);
  }
}
