import { chmodSync, lstatSync, readdirSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Who owns a folder may have taken its own way into it. */
const ownFolder = 0o700;

/** Makes a folder of ours one that can be written; what else it allows stays. */
function openFolder(path: string, mode: number): void {
  if ((mode & ownFolder) !== ownFolder) chmodSync(path, (mode & 0o7777) | ownFolder);
}

/**
 * Moves what is in one folder over another of the same disk that a job has written: folders are merged, anything else
 * takes the place of what has its name. No link is followed, for every folder on the way was looked at, and nobody else
 * writes there. See docs/reference/workspaces.md#files-of-a-task.
 */
export async function layOver(
  from: string,
  to: string,
  removeTree: (path: string) => Promise<void>,
): Promise<void> {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    const there = lstatSync(target, { throwIfNoEntry: false });
    if (there?.isDirectory() === true && entry.isDirectory()) {
      openFolder(target, there.mode);
      await layOver(source, target, removeTree);
      continue;
    }
    if (there?.isDirectory() === true) await removeTree(target);
    else if (there !== undefined) unlinkSync(target);
    renameSync(source, target);
  }
}
