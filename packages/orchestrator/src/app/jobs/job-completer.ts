import type { Log } from '@cynodeai/runtime/observe';
import { failed } from '../../domain/dispatch/outcome.ts';
import { OrchestratorError } from '../../domain/errors.ts';
import { maxJobsPerTransaction } from '../../domain/jobs/batches.ts';
import { logPieces } from '../../domain/jobs/end-events.ts';
import type { StoredEnd } from '../../domain/jobs/stored-end.ts';
import type { EndedJob, JobEnds } from '../../ports/job-ends.ts';
import { retryStorage } from './retry-storage.ts';

export interface JobCompleterDeps {
  readonly ends: JobEnds;
  readonly log: Log;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

interface Waiting {
  readonly job: EndedJob;
  /** Its own result was refused already. */
  readonly stripped: boolean;
  readonly settle: (end: StoredEnd | 'lost') => void;
}

function withoutResult(job: EndedJob): EndedJob {
  const message = 'the result of the job holds values that cannot be stored';
  const { status, result, summary } = failed('result_not_storable', message);
  return { ...job, status, result, summary, logs: logPieces(result) };
}

const isUnstorable = (error: unknown): boolean =>
  error instanceof OrchestratorError && error.code === 'result_not_storable';

/**
 * Stores the ends of jobs. Whatever ends while a transaction runs goes into the next one together
 * (group commit), and an unreachable database is waited for: a result is not lost with a
 * connection. See docs/reference/leases.md#what-an-answer-means.
 */
export class JobCompleter {
  readonly #deps: JobCompleterDeps;
  readonly #giveUp = new AbortController();
  #waiting: Waiting[] = [];
  #active = false;

  constructor(deps: JobCompleterDeps) {
    this.#deps = deps;
  }

  /** Resolves when the end is stored; `lost` after `giveUp`. */
  complete(job: EndedJob): Promise<StoredEnd | 'lost'> {
    const { promise, resolve } = Promise.withResolvers<StoredEnd | 'lost'>();
    this.#waiting.push({ job, stripped: false, settle: resolve });
    if (!this.#active) void this.#run();
    return promise;
  }

  /** Stops waiting for a database that does not come back. */
  giveUp(): void {
    this.#giveUp.abort();
  }

  async #run(): Promise<void> {
    this.#active = true;
    while (this.#waiting.length > 0) {
      await this.#store(this.#waiting.splice(0, maxJobsPerTransaction));
    }
    this.#active = false;
  }

  async #store(batch: readonly Waiting[]): Promise<void> {
    const { ends: store, log, sleep } = this.#deps;
    const jobs = batch.map((one) => one.job);
    try {
      const ends = await retryStorage(() => store.complete(jobs), {
        log,
        what: 'the results of jobs',
        sleep,
        signal: this.#giveUp.signal,
        isFinal: isUnstorable,
      });
      for (const one of batch) {
        one.settle(ends === undefined ? 'lost' : (ends.get(one.job.jobId) ?? 'superseded'));
      }
    } catch {
      await this.#storeApart(batch);
    }
  }

  /** One job's values must not hold up the others: each is stored alone, the culprit without its result. */
  async #storeApart(batch: readonly Waiting[]): Promise<void> {
    const [only, ...others] = batch;
    if (only === undefined) return;
    if (others.length > 0) {
      for (const one of batch) await this.#store([one]);
    } else if (only.stripped) {
      this.#deps.log.error('the end of a job cannot be stored', { job_id: only.job.jobId });
      only.settle('lost');
    } else {
      await this.#store([{ ...only, stripped: true, job: withoutResult(only.job) }]);
    }
  }
}
