import type { Log } from '@cynodeai/runtime/observe';
import { messageOf, storableText } from '@cynodeai/runtime/std';
import { logPieces } from '../../domain/jobs/end-events.ts';
import type { JobLease } from '../../ports/leases.ts';
import type { LiveOutput } from '../../ports/live-output.ts';

export interface LiveTextDeps {
  readonly live: LiveOutput;
  readonly log: Log;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Words that come within this time are told together, ms. */
const gatherMs = 100;
/** Pause after a fault of the database, ms. */
const faultMs = 1000;

/**
 * Tells a job's output while it comes: nobody who makes it waits for the database, and what could not be told is left
 * for the job's end.
 */
export class LiveText {
  readonly #lease: JobLease;
  readonly #deps: LiveTextDeps;
  readonly #closed = new AbortController();
  #pending = '';
  #told = 0;
  #lost = false;
  #telling: Promise<void> | undefined;

  constructor(lease: JobLease, deps: LiveTextDeps) {
    this.#lease = lease;
    this.#deps = deps;
  }

  /** Whole code points of the output. */
  add(text: string): void {
    if (this.#lost || this.#closed.signal.aborted) return;
    this.#pending += storableText(text);
    this.#telling ??= this.#tell();
  }

  /** Ends the telling. Answers with how many characters of the output were told. */
  async close(): Promise<number> {
    this.#closed.abort();
    await this.#telling;
    return this.#told;
  }

  async #tell(): Promise<void> {
    const { sleep, live, log } = this.#deps;
    const { signal } = this.#closed;
    while (this.#pending !== '' && !this.#lost) {
      await sleep(gatherMs, signal);
      if (signal.aborted) return;
      const text = this.#pending;
      try {
        const pieces = logPieces({ stdout: text, stderr: '' });
        this.#lost = !(await live.tell(this.#lease, pieces));
        if (this.#lost) return;
        this.#pending = this.#pending.slice(text.length);
        this.#told += text.length;
      } catch (error) {
        const fields = { job_id: this.#lease.jobId, error: messageOf(error) };
        log.warn('the output of a running job could not be stored', fields);
        await sleep(faultMs, signal);
      }
    }
    this.#telling = undefined;
  }
}
