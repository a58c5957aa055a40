import type { Bound, Taken } from './bounds.ts';

/** What was found of a job's files; `hidden` when there is something that the node may not read. */
export interface Measured extends Taken {
  readonly hidden: boolean;
}

/** Why a job is ended on behalf of the disk: `error_type` of its result, and words for people. */
export interface DiskEnd {
  readonly kind: 'disk_limit' | 'disk_full';
  readonly words: string;
}

const units = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes as people read them. */
export function bytesText(bytes: number): string {
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

const where = '/workspace, /job and what it changed of the image together';

/** Why a job has too much of the disk; undefined while it has not. */
export function beyondBound(measured: Measured, bound: Bound): DiskEnd | undefined {
  if (measured.bytes > bound.bytes && bound.workspaceBytes !== undefined) {
    const most = bytesText(bound.workspaceBytes);
    return {
      kind: 'disk_limit',
      words: `the job was ended, because its workspace is kept and may have ${most}; remove what is not needed in it, or have the operator of the node set NODE_WORKSPACE_MB`,
    };
  }
  if (measured.bytes > bound.bytes) {
    return {
      kind: 'disk_limit',
      words: `the job was ended, because it had ${bytesText(measured.bytes)} on disk (${where}) and may have ${bytesText(bound.bytes)}; let it write less, or have the operator of the node set NODE_SANDBOX_DISK_MB`,
    };
  }
  if (measured.files > bound.files) {
    return {
      kind: 'disk_limit',
      words: `the job was ended, because it had ${measured.files} files (${where}) and may have ${bound.files}; let it make fewer`,
    };
  }
  return undefined;
}

/** A job and what it was found to have. */
export interface Suspect<J> {
  readonly job: J;
  readonly measured: Measured;
}

/** Less than this nobody is ended for, whoever filled the disk. */
const blameless: Taken = { bytes: 1024 ** 2, files: 200 };

/**
 * Whom to end on a disk below its floor: who has the most of what is scarce; before all others one that hides what it
 * has. Undefined when no job is to blame.
 */
export function whomToEnd<J>(
  suspects: readonly Suspect<J>[],
  scarce: keyof Taken,
): { readonly job: J; readonly end: DiskEnd } | undefined {
  const weight = ({ measured }: Suspect<J>): number =>
    measured.hidden ? Number.POSITIVE_INFINITY : measured[scarce];
  const [first] = suspects.toSorted((left, right) => weight(right) - weight(left));
  if (first === undefined || weight(first) < blameless[scarce]) return undefined;
  const { bytes, files } = first.measured;
  const what = scarce === 'bytes' ? bytesText(bytes) : `${files} files`;
  const words = `the job was ended, because the disk of the node was nearly full and the job had most of it (${what}); let it write less, or have the operator of the node make room`;
  return { job: first.job, end: { kind: 'disk_full', words } };
}
