import { limits } from '@cynodeai/contracts/common';
import type { JobOutput } from '@cynodeai/contracts/worker-api';
import { createOutputCollector } from '../../domain/output/output-collector.ts';
import type { SandboxSinks } from '../../ports/sandbox-engine.ts';

/** Pieces that are kept apart; smaller ones are joined, so that a job of single bytes costs no more than its bytes. */
const pieceChars = 8 * 1024;

/**
 * What a job has written so far, for whoever listens while it runs: the beginning of each stream, as much as its result
 * will keep. Each listener reads at its own pace and holds up nobody.
 */
export class LiveOutput {
  /** Where the engine writes what is surely the job's. */
  readonly heard: NonNullable<SandboxSinks['heard']>;
  readonly #pieces: JobOutput[] = [];
  #waiting = Promise.withResolvers<void>();
  #over = false;

  constructor() {
    const sink = (stream: JobOutput['stream']) =>
      createOutputCollector({ headBytes: limits.outputStreamBytes }, (text, at, isText) =>
        this.#add({
          stream,
          text,
          ...(!isText && { binary: true }),
          ...(at && { at: at.toISOString() }),
        }),
      );
    this.heard = { stdout: sink('stdout'), stderr: sink('stderr') };
  }

  /** The job has ended and its result is stored. */
  end(): void {
    this.#over = true;
    this.#wake();
  }

  /** All of it from its beginning, until the job has ended or the signal fires; `quiet` after each `quietMs` of silence. */
  async *follow(signal: AbortSignal, quietMs: number): AsyncGenerator<JobOutput | 'quiet', void> {
    let [index, chars] = [0, 0];
    while (!signal.aborted) {
      const piece = this.#pieces[index];
      const text = piece?.text.slice(chars) ?? '';
      if (piece !== undefined && text !== '') {
        chars += text.length;
        yield { ...piece, text };
      } else if (piece !== undefined && index < this.#pieces.length - 1) {
        [index, chars] = [index + 1, 0];
      } else if (this.#over) {
        return;
      } else if (!(await this.#news(signal, quietMs))) {
        if (!signal.aborted) yield 'quiet';
      }
    }
  }

  /** Joins what belongs together: a listener finds what was added to the piece it has read. */
  #add({ stream, text, ...when }: JobOutput): void {
    const last = this.#pieces.at(-1);
    const joins =
      last?.stream === stream && last.binary === when.binary && last.text.length < pieceChars;
    if (joins) this.#pieces[this.#pieces.length - 1] = { ...last, text: last.text + text };
    else this.#pieces.push({ stream, text, ...when });
    this.#wake();
  }

  #wake(): void {
    this.#waiting.resolve();
    this.#waiting = Promise.withResolvers();
  }

  /** True when there is news; false after `quietMs`, or when the signal fired. */
  async #news(signal: AbortSignal, quietMs: number): Promise<boolean> {
    const { promise: idle, resolve } = Promise.withResolvers<false>();
    const timer = setTimeout(() => resolve(false), quietMs);
    const stop = (): void => resolve(false);
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([this.#waiting.promise.then(() => true), idle]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }
}
