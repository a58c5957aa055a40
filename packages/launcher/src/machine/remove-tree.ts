import { execFileSync } from 'node:child_process';
import { LauncherError } from '../base/launcher-error.ts';
import { currentMountsBelow } from './mounts.ts';

/**
 * Deletes a folder by the system's `rm`: workspaces of jobs lie below the state folder, and it follows no link and knows
 * no path that is too long.
 * @throws LauncherError `stack` when something is mounted below it: that would be emptied too; and when something is left
 */
export function removeTree(dir: string): void {
  const [mount] = currentMountsBelow(dir);
  if (mount !== undefined) {
    throw new LauncherError(
      'stack',
      `${mount} is still mounted; unmount it and try again: umount ${mount}`,
    );
  }
  try {
    execFileSync('rm', ['-rf', '--one-file-system', '--', dir], { stdio: 'ignore' });
  } catch (cause) {
    throw new LauncherError(
      'stack',
      `${dir} could not be removed as a whole; remove what is left as the user who owns it`,
      { cause },
    );
  }
}
