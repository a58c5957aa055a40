import { type GatewayClient, type StreamedTaskEvent, followEvents } from '@cynodeai/api-client';
import type { Notes, Output } from '@cynodeai/command-line/output';

export interface LiveAnswerOptions {
  readonly output: Output;
  readonly notes: Notes;
  /** Called before the first words are printed. */
  readonly onBegin: () => void;
}

/** Prints the words of an answer as they come, for a person at a terminal; the result stays what counts. */
export class LiveAnswer {
  readonly #options: LiveAnswerOptions;
  #jobId: string | undefined;
  #shown = '';

  constructor(options: LiveAnswerOptions) {
    this.#options = options;
  }

  /** True once words were printed. */
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
    if (event.event !== 'job.log' || event.data.stream !== 'stdout') return;
    const { job_id: jobId, text } = event.data;
    if (!this.begun) this.#options.onBegin();
    else if (this.#jobId !== jobId) await this.#breakOff();
    this.#jobId = jobId;
    this.#shown += text;
    await this.#options.output.text(text);
  }

  /** What is left to print of the whole answer. */
  async rest(answer: string): Promise<string> {
    if (answer.startsWith(this.#shown)) return answer.slice(this.#shown.length);
    await this.#breakOff();
    return answer;
  }

  async #breakOff(): Promise<void> {
    if (this.#shown === '') return;
    const { output, notes } = this.#options;
    if (!this.#shown.endsWith('\n')) await output.text('\n');
    this.#shown = '';
    await notes.text('cynode: the model broke off; it is asked once more\n');
  }
}
