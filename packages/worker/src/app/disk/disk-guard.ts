import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import {
  type DiskWish,
  jobBound,
  roomAbove,
  type Space,
  type Taken,
} from '../../domain/disk/bounds.ts';
import {
  beyondBound,
  bytesText,
  type DiskEnd,
  type Measured,
  whomToEnd,
} from '../../domain/disk/judge.ts';
import { WorkerError } from '../../domain/errors.ts';
import type { DiskGauge, DiskReserve } from '../../ports/disk.ts';
import type { ContainerTrace } from '../../ports/sandbox-engine.ts';
import type { Timer } from '../../ports/timer.ts';

/** A job that runs, as far as the disk is concerned. */
export interface GuardedJob {
  readonly jobId: string;
  /** Its folders on the host. */
  readonly folders: readonly string[];
  readonly trace: () => Promise<ContainerTrace>;
  /** Ends it at once. */
  readonly end: () => void;
}

export interface DiskGuardDeps {
  readonly gauge: DiskGauge;
  readonly reserve: DiskReserve;
  /** Folders on whose disks jobs write: workspaces, layers, the state of the node. */
  readonly places: readonly string[];
  readonly wish: DiskWish;
  readonly timer: Timer;
  readonly log: Log;
}

/** The watch over one job. */
export interface Watch {
  /** Why it was ended on behalf of the disk; undefined when it was not. */
  readonly ended: DiskEnd | undefined;
  /** The job is over and its files are gone. */
  close(): void;
}

interface Watched extends Watch {
  readonly job: GuardedJob;
  readonly bound: Taken;
  ended: DiskEnd | undefined;
  measured: Measured;
  /** What was taken of the disks, and when, as it was measured. */
  takenThen: Taken;
  measuredMs: number;
  /** Not measured again before. */
  restsUntilMs: number;
}

/** No disk takes more than this in a second: how long the next look may wait. */
const fastest = 2 * 1024 ** 3;
const looks = { leastMs: 20, mostMs: 1000 } as const;
/** How long a measurement may take, ms: while there is room, and when there is none. */
const limits = { calmMs: 30_000, fullMs: 1000 } as const;
/** Others may have given back what a job took: it is measured this often, and never for more than a tenth of the time. */
const repeatMs = 60_000;
const pauseFactor = 10;
/** How long one that was ended may take to go before another one is ended, ms. */
const goneMs = 10_000;

const nothing: Measured = { bytes: 0, files: 0, hidden: false };

/** What must have been taken since the last look at a full disk, for another one to tell more. */
const worthALook: Taken = { bytes: 1024 ** 2, files: 200 };

/**
 * Keeps jobs from filling the disks they share with everybody else. While any job runs it looks at what is free, which
 * costs nothing, and measures a job only when so much was taken that it could be beyond its bound. One that is, is
 * ended; and under the floor whoever has most. See docs/reference/sandbox.md#disk.
 */
export class DiskGuard {
  readonly #deps: DiskGuardDeps;
  readonly #jobs = new Map<string, Watched>();
  #looking = false;
  #endedMs = Number.NEGATIVE_INFINITY;
  #released = true;
  #takenWhenFull: Taken | undefined;

  constructor(deps: DiskGuardDeps) {
    this.#deps = deps;
  }

  /** @throws WorkerError `not_run` while a disk has no room for another job */
  async admit(): Promise<void> {
    for (const space of await this.#spaces()) {
      const room = roomAbove(space);
      if (room.bytes > 0 && room.files > 0) continue;
      const left = `${bytesText(space.freeBytes)} and ${space.freeFiles} files`;
      const message = `the disk of the node is nearly full (free: ${left}); make room on it`;
      throw new WorkerError('not_run', message);
    }
  }

  /** Takes a job under watch from its start on. */
  async watch(job: GuardedJob): Promise<Watch> {
    const spaces = await this.#spaces();
    const watched: Watched = {
      job,
      bound: this.#boundOf(spaces),
      ended: undefined,
      measured: nothing,
      takenThen: takenOf(spaces),
      measuredMs: this.#deps.timer.elapsedMs(),
      restsUntilMs: 0,
      close: () => {
        this.#jobs.delete(job.jobId);
      },
    };
    this.#jobs.set(job.jobId, watched);
    if (!this.#looking) void this.#look();
    return watched;
  }

  /** Gives back the reserve, for a step that found no room. */
  makeRoom(): void {
    this.#released = true;
    this.#deps.reserve.release();
  }

  /** Takes the reserve, or takes it again, where there is room. */
  async tidy(): Promise<void> {
    this.#released = !(await this.#deps.reserve.restore());
  }

  #spaces(): Promise<readonly Space[]> {
    return this.#deps.gauge.spaces(this.#deps.places);
  }

  /** On the scarcest of the disks. */
  #boundOf(spaces: readonly Space[]): Taken {
    const jobs = [...this.#jobs.values()];
    const taken = sum(jobs.map(({ measured }) => measured));
    const bounds = spaces.map((space) => jobBound(space, taken, this.#deps.wish));
    return {
      bytes: Math.min(...bounds.map(({ bytes }) => bytes)),
      files: Math.min(...bounds.map(({ files }) => files)),
    };
  }

  /** Looks until no job is there any more. */
  async #look(): Promise<void> {
    const { timer, log } = this.#deps;
    this.#looking = true;
    while (this.#jobs.size > 0) {
      let pauseMs: number = looks.mostMs;
      try {
        pauseMs = await this.#lookOnce();
      } catch (error) {
        log.error('the disk of jobs cannot be watched', { reason: messageOf(error) });
      }
      await timer.sleep(pauseMs);
    }
    this.#looking = false;
    if (this.#released) await this.tidy();
  }

  /** The pause until the next look, ms. */
  async #lookOnce(): Promise<number> {
    const spaces = await this.#spaces();
    const rooms = spaces.map((space) => roomAbove(space));
    const full = rooms.find((room) => room.bytes < 0 || room.files < 0);
    if (full !== undefined) {
      await this.#endMost(full.bytes < 0 ? 'bytes' : 'files', takenOf(spaces));
      return looks.leastMs;
    }
    this.#takenWhenFull = undefined;
    if (this.#released && !this.#leaving) await this.tidy();
    const taken = takenOf(spaces);
    const running = [...this.#jobs.values()].filter(({ ended }) => ended === undefined);
    await Promise.all(
      running.filter((one) => this.#isDue(one, taken)).map((one) => this.#judge(one, taken)),
    );
    const bytes = Math.min(
      ...rooms.map((room) => room.bytes),
      ...running.map(({ bound, measured }) => (bound.bytes - measured.bytes) / 2),
    );
    return Math.min(Math.max((bytes / fastest) * 1000, looks.leastMs), looks.mostMs);
  }

  /** Whether a job could be beyond its bound: it has taken at most what all took together. */
  #isDue(one: Watched, taken: Taken): boolean {
    const { bound, measured, takenThen, measuredMs, restsUntilMs } = one;
    const nowMs = this.#deps.timer.elapsedMs();
    if (nowMs < restsUntilMs) return false;
    const grew = (what: keyof Taken): boolean => {
      const left = Math.max((bound[what] - measured[what]) / 2, bound[what] / 16);
      return taken[what] - takenThen[what] >= left;
    };
    return grew('bytes') || grew('files') || nowMs - measuredMs >= repeatMs;
  }

  async #judge(one: Watched, taken: Taken): Promise<void> {
    const { timer } = this.#deps;
    const startMs = timer.elapsedMs();
    await this.#measure(one, limits.calmMs);
    one.takenThen = taken;
    one.measuredMs = timer.elapsedMs();
    one.restsUntilMs = one.measuredMs + (one.measuredMs - startMs) * pauseFactor;
    const end = beyondBound(one.measured, one.bound);
    if (end !== undefined) this.#end(one, end);
  }

  async #measure(one: Watched, limitMs: number): Promise<void> {
    const { layer, pid } = await one.job.trace().catch((): ContainerTrace => ({}));
    const folders = [...one.job.folders, ...(layer === undefined ? [] : [layer])];
    one.measured = await this.#deps.gauge.measure({ folders, pid, limitMs });
  }

  /** Ends who has most of a full disk, and gives it room to clean up. */
  async #endMost(scarce: keyof Taken, taken: Taken): Promise<void> {
    if (this.#leaving || !this.#isNews(taken)) return;
    this.#takenWhenFull = taken;
    const running = [...this.#jobs.values()].filter(({ ended }) => ended === undefined);
    await Promise.all(running.map((one) => this.#measure(one, limits.fullMs)));
    const suspects = running.map((job) => ({ job, measured: job.measured }));
    const found = whomToEnd(suspects, scarce);
    if (found === undefined) return;
    // Once it is gone, whoever has most then is looked for again.
    this.#takenWhenFull = undefined;
    this.#end(found.job, found.end);
    this.makeRoom();
    this.#deps.log.warn('the disk is nearly full: the reserve is given back', { scarce });
  }

  /** Whether one that was ended may still be about to go. */
  get #leaving(): boolean {
    const some = [...this.#jobs.values()].some(({ ended }) => ended !== undefined);
    return some && this.#deps.timer.elapsedMs() - this.#endedMs < goneMs;
  }

  /** Where nobody was to blame, the same is measured again only when more was taken. */
  #isNews(taken: Taken): boolean {
    const before = this.#takenWhenFull;
    if (before === undefined) return true;
    const grew = (what: keyof Taken): boolean => taken[what] - before[what] >= worthALook[what];
    return grew('bytes') || grew('files');
  }

  #end(one: Watched, end: DiskEnd): void {
    if (one.ended !== undefined || !this.#jobs.has(one.job.jobId)) return;
    one.ended = end;
    this.#endedMs = this.#deps.timer.elapsedMs();
    const { bytes, files } = one.measured;
    this.#deps.log.warn('a job is ended on behalf of the disk', {
      job_id: one.job.jobId,
      reason: end.kind,
      bytes,
      files,
    });
    one.job.end();
  }
}

function sum(parts: readonly Taken[]): Taken {
  return {
    bytes: parts.reduce((total, { bytes }) => total + bytes, 0),
    files: parts.reduce((total, { files }) => total + files, 0),
  };
}

/** What is taken of all disks together. */
function takenOf(spaces: readonly Space[]): Taken {
  return sum(
    spaces.map(({ totalBytes, freeBytes, totalFiles, freeFiles }) => ({
      bytes: totalBytes - freeBytes,
      files: totalFiles - freeFiles,
    })),
  );
}
