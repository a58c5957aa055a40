import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCodeOf } from '../std/index.ts';

/** How full the disk of a folder is. */
export interface DiskUse {
  /** The folder that was looked at: the nearest one that exists. */
  readonly directory: string;
  /** Tells disks apart. */
  readonly device: number;
  /** Of space or of inodes, whichever is scarcer; 0 to 1. */
  readonly usedShare: number;
  readonly freeBytes: number;
}

/** What `statfs` tells. */
export interface FileSystemFacts {
  readonly bsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

const shareOf = (used: number, left: number): number =>
  used + left === 0 ? 0 : used / (used + left);

/** The used share as `df` tells it: what is kept for root is neither used nor free. */
export function usedShareOf({ blocks, bfree, bavail, files, ffree }: FileSystemFacts): number {
  return Math.max(shareOf(blocks - bfree, bavail), shareOf(files - ffree, ffree));
}

async function nearest(
  directory: string,
): Promise<{ readonly directory: string; readonly device: number }> {
  try {
    const { dev } = await stat(directory);
    return { directory, device: dev };
  } catch (error) {
    if (errorCodeOf(error) !== 'ENOENT' || dirname(directory) === directory) throw error;
    return nearest(dirname(directory));
  }
}

/** The file system of a folder, or where that will be once it is made. */
export async function fileSystemOf(
  directory: string,
): Promise<Pick<DiskUse, 'directory' | 'device'> & { readonly facts: FileSystemFacts }> {
  const found = await nearest(directory);
  return { ...found, facts: await statfs(found.directory) };
}

/** Looks at the disk of a folder, or where it will be once it is made. */
export async function diskUse(directory: string): Promise<DiskUse> {
  const { facts, ...found } = await fileSystemOf(directory);
  return { ...found, usedShare: usedShareOf(facts), freeBytes: facts.bavail * facts.bsize };
}
