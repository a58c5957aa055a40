import { type DiskUse, diskUse } from '@cynodeai/runtime/files';
import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import type { DiskSpace } from '../../ports/disk-space.ts';

/** How long an answer holds, ms. */
const freshMs = 5000;

export interface WatchedDisksOptions {
  readonly directories: readonly string[];
  readonly log: Log;
  /** Looks at one disk; the real one unless told. */
  readonly look?: (directory: string) => Promise<Pick<DiskUse, 'usedShare'>>;
  /** Milliseconds that never go back; the process clock unless told. */
  readonly elapsed?: () => number;
}

/** The disks of some folders, looked at when somebody asks and then not again for a few seconds. */
export function watchedDisks(options: WatchedDisksOptions): DiskSpace {
  const { directories, log, look = diskUse, elapsed = () => performance.now() } = options;
  const unseen = new Set<string>();
  let lookedAt = -Infinity;
  let answer: Promise<number | undefined> = Promise.resolve(undefined);
  const shareOf = async (directory: string): Promise<number | undefined> => {
    try {
      const { usedShare } = await look(directory);
      unseen.delete(directory);
      return usedShare;
    } catch (error) {
      // Said once, not every few seconds.
      if (!unseen.has(directory)) {
        log.warn('a disk cannot be watched', { directory, error: messageOf(error) });
      }
      unseen.add(directory);
      return undefined;
    }
  };
  const fullest = async (): Promise<number | undefined> => {
    const shares = await Promise.all(directories.map(shareOf));
    const known = shares.filter((share) => share !== undefined);
    return known.length === 0 ? undefined : Math.max(...known);
  };
  return {
    usedShare: () => {
      const now = elapsed();
      if (now - lookedAt >= freshMs) {
        lookedAt = now;
        answer = fullest();
      }
      return answer;
    },
  };
}
