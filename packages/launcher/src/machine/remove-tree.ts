import { rmSync } from 'node:fs';
import { LauncherError } from '../base/launcher-error.ts';
import { currentMountsBelow } from './mounts.ts';

/** Deletes a folder. @throws LauncherError `stack` when something is mounted below it: that would be emptied too. */
export function removeTree(dir: string): void {
  const [mount] = currentMountsBelow(dir);
  if (mount !== undefined) {
    throw new LauncherError(
      'stack',
      `${mount} is still mounted; unmount it and try again: umount ${mount}`,
    );
  }
  rmSync(dir, { recursive: true, force: true });
}
