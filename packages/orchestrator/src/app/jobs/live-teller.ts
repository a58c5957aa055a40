import type { Log } from '@cynodeai/runtime/observe';
import { messageOf, storableText } from '@cynodeai/runtime/std';
import { type LogPiece, splitPieces } from '../../domain/jobs/end-events.ts';
import { maxJobsPerTransaction } from '../../domain/jobs/batches.ts';
import type { JobLease } from '../../ports/leases.ts';
import type { BothStreams, LiveOutput } from '../../ports/live-output.ts';

export interface LiveTellerDeps {
  readonly live: Pick<LiveOutput, 'tell'>;
  readonly log: Log;
  /** Waits; never rejects. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** What comes within this time is told together, of all jobs, ms. */
const gatherMs = 100;
/** Pause after a fault of the database, ms. */
const faultMs = 1000;

/** One job whose output is told. */
export interface ToldJob {
  /** Whole code points of its output. */
  add(piece: LogPiece): void;
  /** Ends the telling. Answers with how many characters of each stream were told. */
  close(): Promise<BothStreams<number>>;
}

class Telling implements ToldJob {
  readonly lease: () => JobLease;
  pending: LogPiece[] = [];
  /** It is part of what is being stored. */
  storing: Promise<void> | undefined;
  readonly #told = { stdout: 0, stderr: 0 };
  readonly #onNews: () => void;
  readonly #onClose: () => void;
  #isOver = false;

  constructor(lease: () => JobLease, onNews: () => void, onClose: () => void) {
    this.lease = lease;
    this.#onNews = onNews;
    this.#onClose = onClose;
  }

  add({ stream, text, at, binary }: LogPiece): void {
    if (this.#isOver || text === '') return;
    const last = this.pending.at(-1);
    const storable = storableText(text);
    if (last?.stream === stream && last.binary === binary) {
      this.pending[this.pending.length - 1] = { ...last, text: last.text + storable };
    } else this.pending.push({ stream, text: storable, at, binary });
    this.#onNews();
  }

  async close(): Promise<BothStreams<number>> {
    this.#isOver = true;
    await this.storing;
    this.#onClose();
    return this.#told;
  }

  /** These pieces, the first of those that were pending, are stored. */
  noteTold(pieces: readonly LogPiece[]): void {
    for (const { stream, text } of pieces) this.#told[stream] += text.length;
  }

  /** Its lease is somebody else's: nothing more is told. */
  lose(): void {
    this.#isOver = true;
    this.pending = [];
  }
}

/**
 * Tells the output of running jobs while it comes, of all of them together: nobody who makes output waits for the
 * database, and what could not be told is left for a job's end.
 */
export class LiveTeller {
  readonly #deps: LiveTellerDeps;
  readonly #jobs = new Set<Telling>();
  #isRunning = false;

  constructor(deps: LiveTellerDeps) {
    this.#deps = deps;
  }

  /** @param lease the one that is current when something is told */
  open(lease: () => JobLease): ToldJob {
    const job: Telling = new Telling(
      lease,
      () => this.#wake(),
      () => this.#jobs.delete(job),
    );
    this.#jobs.add(job);
    return job;
  }

  #wake(): void {
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    const { sleep } = this.#deps;
    this.#isRunning = true;
    await sleep(gatherMs);
    for (;;) {
      const batch = [...this.#jobs]
        .filter(({ pending }) => pending.length > 0)
        .slice(0, maxJobsPerTransaction);
      if (batch.length === 0) break;
      const storing = this.#store(batch);
      for (const job of batch) {
        job.storing = storing.then(() => {});
        // Its next turn comes after all others'.
        if (this.#jobs.delete(job)) this.#jobs.add(job);
      }
      await sleep((await storing) ? gatherMs : faultMs);
    }
    this.#isRunning = false;
  }

  /** True when the database took it. */
  async #store(batch: readonly Telling[]): Promise<boolean> {
    const { live, log } = this.#deps;
    const taken = batch.map((job) => ({ job, pieces: job.pending.splice(0) }));
    try {
      const current = await live.tell(
        taken.map(({ job, pieces }) => ({ lease: job.lease(), pieces: splitPieces(pieces) })),
      );
      for (const { job, pieces } of taken) {
        if (current.has(job.lease().jobId)) job.noteTold(pieces);
        else job.lose();
      }
      return true;
    } catch (error) {
      for (const { job, pieces } of taken) job.pending.unshift(...pieces);
      log.warn('the output of running jobs could not be stored', {
        jobs: batch.length,
        error: messageOf(error),
      });
      return false;
    }
  }
}
