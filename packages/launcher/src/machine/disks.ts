import { diskShares } from '@cynodeai/contracts/common';
import { type DiskUse, diskUse } from '@cynodeai/runtime/files';

/** A disk, and how it is judged. */
export interface Disk extends DiskUse {
  readonly state: 'ok' | 'tight' | 'full';
}

function stateOf(share: number): Disk['state'] {
  if (share >= diskShares.full) return 'full';
  return share >= diskShares.tight ? 'tight' : 'ok';
}

/** The disks that some folders are on, or will be; each once, but for those that this user may not look at. */
export async function disksOf(directories: readonly string[]): Promise<readonly Disk[]> {
  const looks = await Promise.allSettled(directories.map((directory) => diskUse(directory)));
  const uses = looks.flatMap((look) => (look.status === 'fulfilled' ? [look.value] : []));
  const devices = new Map(uses.toReversed().map((use) => [use.device, use]));
  return uses
    .filter((use) => devices.get(use.device) === use)
    .map((use) => ({ ...use, state: stateOf(use.usedShare) }));
}

const gib = 1024 ** 3;

/** How full a disk is, as people read it. */
export function diskText({ usedShare, freeBytes, directory }: DiskUse): string {
  const free = (freeBytes / gib).toFixed(1);
  return `${Math.floor(usedShare * 100)} % used, ${free} GiB free at ${directory}`;
}
