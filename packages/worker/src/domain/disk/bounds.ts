/** What a file system holds and what of it is free. One that makes files as it needs them has 0 of `totalFiles`. */
export interface Space {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly totalFiles: number;
  readonly freeFiles: number;
}

/** A file system of the host. */
export interface Disk extends Space {
  /** Tells it from others, as `stat` does. */
  readonly device: number;
}

/** Bytes on the disk, and files of any kind. */
export interface Taken {
  readonly bytes: number;
  readonly files: number;
}

/** What the operator wants instead of what follows from the disk. */
export interface DiskWish {
  /** Disk of one job, MiB. */
  readonly jobMb?: number;
  /** Jobs that run at the same time, 1 or more. */
  readonly maxConcurrency: number;
  /** A workspace that is kept between jobs, bytes. */
  readonly workspaceBytes?: number;
}

/** What a job may have. */
export interface Bound extends Taken {
  /** What its kept workspace may have as a whole, where that is what bounds the job. */
  readonly workspaceBytes?: number;
}

const mib = 1024 ** 2;

/** Under what is free below this, jobs are ended. */
const floors = {
  share: 0.06,
  bytes: { least: 16 * mib, most: 1024 * mib },
  files: { least: 500, most: 100_000 },
} as const;

/** What a job may have at least, whatever is free. */
export const least: Taken = { bytes: 16 * mib, files: 2000 };

const reserveBytes = { share: 0.01, least: 2 * mib, most: 64 * mib } as const;

const within = (value: number, { least: low, most }: { least: number; most: number }): number =>
  Math.floor(Math.min(Math.max(value, low), most));

/**
 * What stays free of a disk for everybody who is no job: 6 %, and no more than anybody needs. Above it a full disk of
 * jobs stops nobody from ending, storing and starting something. See docs/reference/sandbox.md#disk.
 */
export function diskFloor(space: Space): Taken {
  return {
    bytes: within(space.totalBytes * floors.share, floors.bytes),
    files: space.totalFiles === 0 ? 0 : within(space.totalFiles * floors.share, floors.files),
  };
}

/** Bytes that are kept on a disk to be given back when it is full. */
export function reserveOf(space: Space): number {
  return within(space.totalBytes * reserveBytes.share, reserveBytes);
}

/**
 * What one job may have: what the operator says, else a share of what is free above the floor and of what jobs have
 * already, with one share more than there are jobs, so that all but one may take everything they can get and the last
 * one still has its own. See docs/reference/sandbox.md#disk.
 */
export function jobBound(space: Space, takenByJobs: Taken, wish: DiskWish): Taken {
  const floor = diskFloor(space);
  const shares = wish.maxConcurrency + 1;
  const share = (free: number, kept: number, taken: number): number =>
    Math.floor((free - kept + taken) / shares);
  const bytes = Math.max(least.bytes, share(space.freeBytes, floor.bytes, takenByJobs.bytes));
  const files = Math.max(least.files, share(space.freeFiles, floor.files, takenByJobs.files));
  return {
    bytes: wish.jobMb === undefined ? bytes : wish.jobMb * mib,
    files: space.totalFiles === 0 ? Number.POSITIVE_INFINITY : files,
  };
}

/** How far a disk is above its floor; negative below it. */
export function roomAbove(space: Space): Taken {
  const floor = diskFloor(space);
  return {
    bytes: space.freeBytes - floor.bytes,
    files: space.totalFiles === 0 ? Number.POSITIVE_INFINITY : space.freeFiles - floor.files,
  };
}
