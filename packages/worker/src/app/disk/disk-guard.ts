import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import {
  type Bound,
  type Disk,
  type DiskWish,
  jobBound,
  least,
  roomAbove,
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
import type { Timer } from '../../ports/timer.ts';
import { type GuardedJob, noneKept, sum, takenOf, type Watch, WatchedJob } from './watched-job.ts';

export interface DiskGuardDeps {
  readonly gauge: DiskGauge;
  readonly reserve: DiskReserve;
  /** Folders on whose disks jobs write, or the node its state. */
  readonly places: readonly string[];
  readonly wish: DiskWish;
  readonly timer: Timer;
  readonly log: Log;
}

/** No disk takes more than this in a second: how long the next look may wait. */
const fastest = 2 * 1024 ** 3;
const looks = { leastMs: 20, mostMs: 1000 } as const;
/** How long a measurement may take, ms: while there is room, and when there is none. */
const limits = { calmMs: 30_000, fullMs: 1000 } as const;
/** How long one that was ended may take to go before another one is ended, ms. */
const goneMs = 10_000;

/** What must have been taken since the last look at a full disk, for another one to tell more. */
const worthALook: Taken = { bytes: 1024 ** 2, files: 200 };

const scarceOn = (disk: Disk): keyof Taken | undefined => {
  const room = roomAbove(disk);
  if (room.bytes < 0) return 'bytes';
  return room.files < 0 ? 'files' : undefined;
};

/**
 * Keeps jobs from filling the disks they share with everybody else. While any job runs it looks at what is free, which
 * costs nothing, and measures a job only when so much was taken that it could be beyond its bound. One that is, is
 * ended; and under the floor whoever has most of that disk. No look waits for a measurement: those go on beside it.
 * See docs/reference/sandbox.md#disk.
 */
export class DiskGuard {
  readonly #deps: DiskGuardDeps;
  readonly #jobs = new Map<string, WatchedJob>();
  #isLooking = false;
  /** On behalf of a full disk jobs are measured at this moment. */
  #isBlaming = false;
  #endedMs = Number.NEGATIVE_INFINITY;
  #isReleased = true;
  #releases = 0;
  #tidying: Promise<void> | undefined;
  /** What was taken of full disks when nobody was found to blame. */
  readonly #takenWhenFull = new Map<number, Taken>();

  constructor(deps: DiskGuardDeps) {
    this.#deps = deps;
  }

  /** @throws WorkerError `not_run` while a disk has no room for another job */
  async admit(): Promise<void> {
    for (const disk of await this.#disks()) {
      const room = roomAbove(disk);
      if (room.bytes > 0 && room.files > 0) continue;
      const left = `${bytesText(disk.freeBytes)} and ${disk.freeFiles} files`;
      const message = `the disk of the node is nearly full (free: ${left}); make room on it`;
      throw new WorkerError('not_run', message);
    }
  }

  /** Takes a job under watch from its start on. */
  async watch(job: GuardedJob): Promise<Watch> {
    const { gauge, timer } = this.#deps;
    const { jobId, folders, layersDir } = job;
    const places = layersDir === undefined ? folders : [...folders, layersDir];
    const disks = await gauge.spaces(places);
    const onClosed = (): void => void this.#jobs.delete(jobId);
    const kept = job.keptFolder === undefined ? noneKept : await this.#measureKept(job.keptFolder);
    const bound = this.#withKept(this.#boundOn(disks), job, kept);
    const watched = new WatchedJob({ gauge, timer, onClosed }, job, disks, bound, kept);
    this.#jobs.set(jobId, watched);
    if (!this.#isLooking) void this.#look();
    return watched;
  }

  /** Bytes below a folder, as far as they are counted within half a minute. */
  async sizeOf(folder: string): Promise<number> {
    return sum((await this.#measureKept(folder)).values()).bytes;
  }

  #measureKept(folder: string): Promise<ReadonlyMap<number, Measured>> {
    const place = { folders: [folder], layer: undefined, pid: undefined };
    return this.#deps.gauge.measure({ ...place, limitMs: limits.calmMs });
  }

  /** Of a job in a kept workspace counts what it adds; the workspace as a whole has a bound of its own. */
  #withKept(bound: Taken, job: GuardedJob, kept: ReadonlyMap<number, Measured>): Bound {
    const { workspaceBytes } = this.#deps.wish;
    if (job.keptFolder === undefined || workspaceBytes === undefined) return bound;
    const before = sum(kept.values()).bytes;
    const left = Math.max(workspaceBytes - before, least.bytes);
    if (left >= bound.bytes) return bound;
    return { ...bound, bytes: left, workspaceBytes };
  }

  /** Gives back the reserve, for a step that found no room. */
  makeRoom(): void {
    this.#isReleased = true;
    this.#releases += 1;
    this.#deps.reserve.release();
  }

  /** Takes the reserve, or takes it again, where there is room. */
  async tidy(): Promise<void> {
    this.#tidying ??= this.#restore().finally(() => (this.#tidying = undefined));
    await this.#tidying;
  }

  async #restore(): Promise<void> {
    const before = this.#releases;
    const held = await this.#deps.reserve.restore();
    // One that was given back meanwhile is to be taken once more.
    if (before === this.#releases) this.#isReleased = !held;
  }

  #disks(): Promise<readonly Disk[]> {
    return this.#deps.gauge.spaces(this.#deps.places);
  }

  /** What one more job may have, on the scarcest of its disks. */
  #boundOn(disks: readonly Disk[]): Taken {
    const jobs = [...this.#jobs.values()];
    const bounds = disks.map((disk) =>
      jobBound(disk, sum(jobs.map((one) => one.measuredOn(disk.device))), this.#deps.wish),
    );
    return {
      bytes: Math.min(...bounds.map(({ bytes }) => bytes)),
      files: Math.min(...bounds.map(({ files }) => files)),
    };
  }

  /** Looks until no job is there any more. */
  async #look(): Promise<void> {
    const { timer, log } = this.#deps;
    this.#isLooking = true;
    while (this.#jobs.size > 0) {
      let pauseMs: number = looks.mostMs;
      try {
        pauseMs = await this.#lookOnce();
      } catch (error) {
        log.error('the disk of jobs cannot be watched', { reason: messageOf(error) });
      }
      await timer.sleep(pauseMs);
    }
    this.#isLooking = false;
    if (this.#isReleased) await this.tidy();
  }

  /** The pause until the next look, ms. Whatever may take its time is only begun. */
  async #lookOnce(): Promise<number> {
    const disks = await this.#disks();
    const full = disks.filter((disk) => scarceOn(disk) !== undefined);
    const calm = disks.filter((disk) => !full.includes(disk));
    for (const { device } of calm) this.#takenWhenFull.delete(device);
    const jobs = [...this.#jobs.values()];
    const crowded = full.filter((disk) => jobs.some((one) => one.writesOn(disk)));
    const next = crowded.find((disk) => this.#isNews(disk));
    if (next !== undefined) this.#beside(this.#endMost(next));
    if (crowded.length > 0) return looks.leastMs;
    if (full.length === 0 && this.#isReleased && !this.#isLeaving) this.#beside(this.tidy());
    const running = jobs.filter(({ isOver, isLeaving }) => !isOver && !isLeaving);
    for (const one of running) if (one.isDue(disks)) this.#beside(this.#judge(one, disks));
    const bytes = Math.min(
      ...calm.map((disk) => roomAbove(disk).bytes),
      ...running.map(({ bound, measured }) => (bound.bytes - measured.bytes) / 2),
    );
    return Math.min(Math.max((bytes / fastest) * 1000, looks.leastMs), looks.mostMs);
  }

  #beside(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#deps.log.error('the disk of jobs cannot be watched', { reason: messageOf(error) });
    });
  }

  async #judge(one: WatchedJob, disks: readonly Disk[]): Promise<void> {
    await one.lookAt(disks, limits.calmMs);
    const end = beyondBound(one.measured, one.bound);
    if (end !== undefined && !one.isOver) this.#end(one, end);
  }

  /** Ends who has most of a full disk, and gives it room to clean up. */
  async #endMost(disk: Disk): Promise<void> {
    const scarce = scarceOn(disk) ?? 'bytes';
    if (this.#isBlaming || this.#isLeaving) return;
    this.#isBlaming = true;
    try {
      this.#takenWhenFull.set(disk.device, takenOf([disk]));
      const staying = [...this.#jobs.values()].filter((one) => !one.isLeaving);
      const writing = staying.filter((one) => one.writesOn(disk));
      await Promise.all(writing.map((one) => one.measure(limits.fullMs)));
      const suspects = writing.map((job) => ({ job, measured: job.measuredOn(disk.device) }));
      const found = whomToEnd(suspects, scarce);
      if (found === undefined) return;
      // Once it is gone, whoever has most then is looked for again.
      this.#takenWhenFull.delete(disk.device);
      this.#end(found.job, found.end);
      this.makeRoom();
      this.#deps.log.warn('the disk is nearly full: the reserve is given back', { scarce });
    } finally {
      this.#isBlaming = false;
    }
  }

  /** Whether one that was ended may still be about to go. */
  get #isLeaving(): boolean {
    const some = [...this.#jobs.values()].some(({ isLeaving }) => isLeaving);
    return some && this.#deps.timer.elapsedMs() - this.#endedMs < goneMs;
  }

  /** Where nobody was to blame, the same is measured again only when more was taken. */
  #isNews(disk: Disk): boolean {
    const before = this.#takenWhenFull.get(disk.device);
    if (before === undefined) return true;
    const taken = takenOf([disk]);
    const grew = (what: keyof Taken): boolean => taken[what] - before[what] >= worthALook[what];
    return grew('bytes') || grew('files');
  }

  #end(one: WatchedJob, end: DiskEnd): void {
    if (one.isLeaving || !this.#jobs.has(one.job.jobId)) return;
    one.isLeaving = true;
    this.#endedMs = this.#deps.timer.elapsedMs();
    // What is over already is waited for like one that was ended: its files are on their way out.
    if (one.isOver) return;
    one.ended = end;
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
