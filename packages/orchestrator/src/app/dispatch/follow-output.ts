import type { JobResult } from '@cynodeai/contracts/gateway';
import { limits } from '@cynodeai/contracts/common';
import { backoffMs, storableText } from '@cynodeai/runtime/std';
import type { LogPiece } from '../../domain/jobs/end-events.ts';
import type { ClaimedJob } from '../../ports/claims.ts';
import type { BothStreams } from '../../ports/live-output.ts';
import type { WorkerApi } from '../../ports/worker-api.ts';
import type { LiveTeller, ToldJob } from '../jobs/live-teller.ts';
import type { HeldLease } from '../leases/held-lease.ts';

export interface FollowOutputDeps {
  readonly worker: Pick<WorkerApi, 'followOutput'>;
  readonly teller: LiveTeller;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** A job that ends sooner is told as a whole at its end, which costs nothing beside it, ms. */
const shortMs = 150;
const again = { firstMs: 200, maxMs: 5000, jitter: 0.2 } as const;

export const nothingTold: BothStreams<string> = { stdout: '', stderr: '' };

/**
 * Follows the output of one run on its node and tells it. A node gives it from the beginning each time, so that
 * neither a lost connection nor a dispatcher that took the run over leaves a gap or repeats anything.
 */
export class FollowedOutput {
  readonly #held: HeldLease<ClaimedJob>;
  readonly #deps: FollowOutputDeps;
  readonly #stop = new AbortController();
  readonly #job: ToldJob;
  /** What others told of this run before; of a stream that turned out otherwise as far as it agrees. */
  readonly #known: Record<LogPiece['stream'], string>;
  /** Characters found to have been told by others, and characters seen at all. */
  readonly #skipped = { stdout: 0, stderr: 0 };
  readonly #passed = { stdout: 0, stderr: 0 };
  readonly #following: Promise<void>;

  constructor(
    held: HeldLease<ClaimedJob>,
    deps: FollowOutputDeps,
    known: BothStreams<string> = nothingTold,
  ) {
    this.#held = held;
    this.#deps = deps;
    this.#known = { ...known };
    this.#job = deps.teller.open(() => held.lease);
    this.#following = this.#follow();
  }

  /** Ends it. Answers with how many characters of the result's streams were told. */
  async close(result?: Pick<JobResult, 'stdout' | 'stderr'>): Promise<BothStreams<number>> {
    this.#stop.abort();
    await this.#following;
    const told = await this.#job.close();
    const of = (stream: LogPiece['stream']): number => {
      const known = this.#known[stream];
      const before = result?.[stream].startsWith(known) === true ? known.length : 0;
      return Math.max(before, this.#skipped[stream] + told[stream]);
    };
    return { stdout: of('stdout'), stderr: of('stderr') };
  }

  async #follow(): Promise<void> {
    const { worker, sleep } = this.#deps;
    const { signal } = this.#stop;
    await sleep(shortMs, signal);
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const { lease: job } = this.#held;
      const seen = { stdout: 0, stderr: 0 };
      const pieces = worker.followOutput(job.node, job, { signal });
      for (;;) {
        const { value, done } = await pieces.next();
        if (done === true && value) return;
        if (done === true) break;
        this.#take(value, seen);
      }
      await sleep(backoffMs(attempt, Math.random(), again), signal);
    }
  }

  #take(piece: LogPiece, seen: Record<LogPiece['stream'], number>): void {
    const { stream, binary, at: writtenAt } = piece;
    // As it is told and kept: what others told is compared with it.
    const text = storableText(piece.text);
    const at = seen[stream];
    seen[stream] += text.length;
    const passed = this.#passed[stream];
    // A node gives no more than a result keeps, in bytes; one that does is not believed.
    const most = limits.outputStreamBytes - passed;
    const fresh = text.slice(Math.max(0, passed - at)).slice(0, most);
    if (fresh === '') return;
    this.#passed[stream] += fresh.length;
    const expected = this.#known[stream].slice(passed, passed + fresh.length);
    const isKnown = fresh.startsWith(expected);
    if (isKnown) this.#skipped[stream] += expected.length;
    else this.#known[stream] = this.#known[stream].slice(0, passed);
    const untold = isKnown ? fresh.slice(expected.length) : fresh;
    this.#job.add({ stream, text: untold, at: writtenAt, binary });
  }
}
