import type { Bound, Disk, Taken } from '../../domain/disk/bounds.ts';
import type { DiskEnd, Measured } from '../../domain/disk/judge.ts';
import type { DiskGauge } from '../../ports/disk.ts';
import type { ContainerTrace } from '../../ports/sandbox-engine.ts';
import type { Timer } from '../../ports/timer.ts';

/** A job that runs, as far as disks are concerned. */
export interface GuardedJob {
  readonly jobId: string;
  /** Its folders on the host. */
  readonly folders: readonly string[];
  /** One of them that was there before it and stays after it: only what it adds there counts. */
  readonly keptFolder?: string;
  /** Folder that its layer will lie in; undefined where that is out of reach. */
  readonly layersDir: string | undefined;
  /** Where its container is found, within a time in ms. */
  readonly trace: (limitMs: number) => Promise<ContainerTrace>;
  /** Ends it at once. */
  readonly end: () => void;
}

/** The watch over one job. */
export interface Watch {
  /** Why it was ended on behalf of the disk; undefined when it was not. */
  readonly ended: DiskEnd | undefined;
  /** Its container is gone; its files are still to be removed. */
  over(): void;
  /** Its files are gone too. */
  close(): void;
}

/** Others may have given back what a job took: it is measured this often, and never for more than a tenth of the time. */
const repeatMs = 60_000;
const pauseFactor = 10;

export const nothing: Measured = { bytes: 0, files: 0, hidden: false };

/** Of several disks together. */
export function sum(parts: Iterable<Taken>): Taken {
  let [bytes, files] = [0, 0];
  for (const part of parts) {
    bytes += part.bytes;
    files += part.files;
  }
  return { bytes, files };
}

export const noneKept: ReadonlyMap<number, Measured> = new Map();

/** What was added to what was there before. */
function beyond(whole: Measured, before: Measured = nothing): Measured {
  return {
    bytes: Math.max(0, whole.bytes - before.bytes),
    files: Math.max(0, whole.files - before.files),
    hidden: whole.hidden,
  };
}

export interface WatchedJobDeps {
  readonly gauge: Pick<DiskGauge, 'measure'>;
  readonly timer: Pick<Timer, 'elapsedMs'>;
  readonly onClosed: () => void;
}

/** A job under watch: what it was found to have of each disk, and when it is looked at again. */
export class WatchedJob implements Watch {
  readonly job: GuardedJob;
  /** What it may have of all disks together. */
  readonly bound: Bound;
  ended: DiskEnd | undefined;
  isOver = false;
  /** It, or what it left, is about to go. */
  isLeaving = false;
  readonly #deps: WatchedJobDeps;
  readonly #kept: ReadonlyMap<number, Measured>;
  readonly #devices: ReadonlySet<number>;
  #measured: ReadonlyMap<number, Measured> = new Map();
  #isBeingJudged = false;
  /** What was taken of its disks, and when, as it was measured. */
  #takenThen: Taken;
  #measuredMs: number;
  /** Not measured again before. */
  #restsUntilMs = 0;

  /** @param disks those it writes on; @param kept what was in its kept workspace before it */
  constructor(
    deps: WatchedJobDeps,
    job: GuardedJob,
    disks: readonly Disk[],
    bound: Bound,
    kept: ReadonlyMap<number, Measured> = noneKept,
  ) {
    this.#kept = kept;
    this.#deps = deps;
    this.job = job;
    this.bound = bound;
    this.#devices = new Set(disks.map(({ device }) => device));
    this.#takenThen = takenOf(disks);
    this.#measuredMs = deps.timer.elapsedMs();
  }

  over(): void {
    this.isOver = true;
  }

  close(): void {
    this.#deps.onClosed();
  }

  /** Of all disks together. */
  get measured(): Measured {
    const parts = [...this.#measured.values()];
    return { ...sum(parts), hidden: parts.some(({ hidden }) => hidden) };
  }

  /** What it was found to have of one disk. */
  measuredOn(device: number): Measured {
    return this.#measured.get(device) ?? nothing;
  }

  writesOn({ device }: Disk): boolean {
    return this.#devices.has(device);
  }

  /** Whether it could be beyond its bound: it has taken at most what all took together of its disks. */
  isDue(disks: readonly Disk[]): boolean {
    const nowMs = this.#deps.timer.elapsedMs();
    if (this.#isBeingJudged || nowMs < this.#restsUntilMs) return false;
    const { bound, measured } = this;
    const taken = this.#takenOf(disks);
    const grew = (what: keyof Taken): boolean => {
      const left = Math.max((bound[what] - measured[what]) / 2, bound[what] / 16);
      return taken[what] - this.#takenThen[what] >= left;
    };
    return grew('bytes') || grew('files') || nowMs - this.#measuredMs >= repeatMs;
  }

  /** Measures it for as long as that may take, ms, and lets it rest after it. @throws what the gauge throws */
  async lookAt(disks: readonly Disk[], limitMs: number): Promise<void> {
    const { timer } = this.#deps;
    const startMs = timer.elapsedMs();
    this.#isBeingJudged = true;
    try {
      await this.measure(limitMs);
    } finally {
      this.#isBeingJudged = false;
      this.#takenThen = this.#takenOf(disks);
      this.#measuredMs = timer.elapsedMs();
      this.#restsUntilMs = this.#measuredMs + (this.#measuredMs - startMs) * pauseFactor;
    }
  }

  /** Measures it within a time in ms. */
  async measure(limitMs: number): Promise<void> {
    const { folders, trace } = this.job;
    const found = await trace(limitMs).catch((): ContainerTrace => ({}));
    const measured = await this.#deps.gauge.measure({
      folders,
      layer: found.layer,
      pid: found.pid,
      limitMs,
    });
    this.#measured = new Map(
      [...measured].map(([device, whole]) => [device, beyond(whole, this.#kept.get(device))]),
    );
  }

  #takenOf(disks: readonly Disk[]): Taken {
    return takenOf(disks.filter((disk) => this.writesOn(disk)));
  }
}

/** What is taken of disks together. */
export function takenOf(disks: readonly Disk[]): Taken {
  return sum(
    disks.map(({ totalBytes, freeBytes, totalFiles, freeFiles }) => ({
      bytes: totalBytes - freeBytes,
      files: totalFiles - freeFiles,
    })),
  );
}
