import { backoffMs } from '@cynodeai/runtime/std';
import { type Verdict, judgeObservation } from '../../domain/dispatch/job-observation.ts';
import type { WorkerAnswer } from '../../domain/dispatch/worker-answer.ts';
import { leaseTimes } from '../../domain/leases/lease-times.ts';
import type { ClaimedJob } from '../../ports/claims.ts';
import type { WorkerApi } from '../../ports/worker-api.ts';

/** Last moment a node showed that it has the job, on the monotonic clock, ms. */
export interface Heartbeat {
  aliveAt: number;
}

export interface TrackDeps {
  readonly worker: Pick<WorkerApi, 'getJob'>;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Monotonic clock, ms. */
  readonly monotonicMs: () => number;
}

export interface TrackOptions {
  readonly job: ClaimedJob;
  readonly heartbeat: Heartbeat;
  /** The call that carries the job; absent when it was lost or another process made it. */
  readonly call?: Promise<WorkerAnswer>;
  /** Ends the tracking. */
  readonly signal: AbortSignal;
}

/** How tracking a job ended. */
export type Tracked =
  | { readonly kind: 'answered'; readonly answer: WorkerAnswer }
  /** What the node said when it was asked. */
  | {
      readonly kind: 'seen';
      readonly verdict: Exclude<Verdict, { readonly kind: 'running' | 'silent' }>;
    }
  /** No sign of life for nearly a whole lease. */
  | { readonly kind: 'silent'; readonly reason: string; readonly nodeFault: boolean }
  /** The node still reports the job as running although its deadline has passed. */
  | { readonly kind: 'overdue' }
  | { readonly kind: 'abandoned' };

/** Pauses between questions about a job that has no open call, ms. */
const poll = { firstMs: 50, factor: 1.5, maxMs: 1000, jitter: 0 } as const;
/** Times in a row a node may deny a job whose call is open: the request may be on its way. */
const deniedLimit = 2;

function pollMs(round: number): number {
  return backoffMs(round + 1, 0, poll);
}

/** One job being tracked. */
class Tracking {
  readonly #options: TrackOptions;
  readonly #deps: TrackDeps;
  readonly #deadlineAt: number;
  readonly #answered = new AbortController();
  #answer: WorkerAnswer | undefined;
  #round = 0;
  #denied = 0;
  #doubt = false;

  constructor(options: TrackOptions, deps: TrackDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#deadlineAt = deps.monotonicMs() + options.job.deadlineMs;
    void options.call?.then((answer) => {
      this.#answer = answer;
      this.#answered.abort();
    });
  }

  async run(): Promise<Tracked> {
    const { call, signal } = this.#options;
    const wake = AbortSignal.any([this.#answered.signal, signal]);
    for (;;) {
      await this.#deps.sleep(this.#pauseMs(), wake);
      if (this.#answer !== undefined) return { kind: 'answered', answer: this.#answer };
      if (signal.aborted) return { kind: 'abandoned' };
      const verdict = await this.#ask(wake);
      if (this.#answer !== undefined) return { kind: 'answered', answer: this.#answer };
      if (signal.aborted) return { kind: 'abandoned' };
      const end = this.#judge(verdict, call !== undefined);
      if (end !== undefined) return end;
    }
  }

  /** An open call is the fastest way to the result: it is only checked on now and then, until there is a doubt. */
  #pauseMs(): number {
    const { call, job } = this.#options;
    if (call !== undefined && !this.#doubt) return leaseTimes(job.leaseMs).renewMs;
    this.#round += 1;
    return Math.min(pollMs(this.#round - 1), Math.max(10, this.#leftMs()));
  }

  #leftMs(): number {
    const { job, heartbeat } = this.#options;
    return heartbeat.aliveAt + leaseTimes(job.leaseMs).giveUpMs - this.#deps.monotonicMs();
  }

  async #ask(signal: AbortSignal): Promise<Verdict> {
    const { job, heartbeat } = this.#options;
    const askedAt = this.#deps.monotonicMs();
    const { askMs } = leaseTimes(job.leaseMs);
    const timeoutMs = Math.round(Math.max(50, Math.min(askMs, this.#leftMs())));
    const observation = await this.#deps.worker.getJob(job.node, job, { timeoutMs, signal });
    const verdict = judgeObservation(observation, { ...job, nodeSlug: job.node.slug });
    if (verdict.kind === 'running') heartbeat.aliveAt = askedAt;
    return verdict;
  }

  #judge(verdict: Verdict, called: boolean): Tracked | undefined {
    switch (verdict.kind) {
      case 'running':
        this.#doubt = false;
        this.#denied = 0;
        return this.#deps.monotonicMs() > this.#deadlineAt ? { kind: 'overdue' } : undefined;
      case 'finished':
      case 'run_lost':
        return { kind: 'seen', verdict };
      case 'unknown':
        this.#denied += 1;
        return called && this.#denied < deniedLimit ? undefined : { kind: 'seen', verdict };
      case 'broken':
        if (!called) return { kind: 'seen', verdict };
        return this.#doubted({ ...verdict, nodeFault: false });
      case 'silent':
        return this.#doubted(verdict);
    }
  }

  #doubted({ reason, nodeFault }: { reason: string; nodeFault: boolean }): Tracked | undefined {
    this.#doubt = true;
    return this.#leftMs() > 0 ? undefined : { kind: 'silent', reason, nodeFault };
  }
}

/**
 * Waits for a job that a node has: by its open call, checked on three times per lease so that a
 * vanished node is noticed, or by asking. Whoever tracks it keeps `heartbeat` for the renewals.
 * See docs/reference/leases.md.
 */
export function trackJob(options: TrackOptions, deps: TrackDeps): Promise<Tracked> {
  return new Tracking(options, deps).run();
}
