import type { OutputSink } from '../../../ports/sandbox-engine.ts';

/** How clients, runtimes and init programs of the engines begin what they say of a container that did not run. */
const beginnings = ['time="', 'Error: ', 'ERROR (', '[FATAL ', 'exec '];

/** Standard error from the moment on at which it can only be the job's. */
export class SureOutput implements OutputSink {
  readonly #sink: OutputSink;
  #begin: Buffer | undefined = Buffer.alloc(0);
  #isDoubtful = false;

  constructor(sink: OutputSink) {
    this.#sink = sink;
  }

  write(chunk: Uint8Array, at?: Date): void {
    if (this.#isDoubtful) return;
    if (this.#begin === undefined) {
      this.#sink.write(chunk, at);
      return;
    }
    const begin = Buffer.concat([this.#begin, chunk]);
    const text = begin.toString('latin1');
    this.#isDoubtful = beginnings.some((words) => text.startsWith(words));
    const mayBecome = beginnings.some((words) => words.startsWith(text));
    this.#begin = this.#isDoubtful || mayBecome ? begin : undefined;
    if (this.#begin === undefined) this.#sink.write(begin, at);
  }
}
