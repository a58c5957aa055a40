import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lchownSync,
  mkdirSync,
  openSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { InputFile } from '@cynodeai/contracts/worker-api';
import { errorCodeOf } from '@cynodeai/runtime/std';
import { WorkerError } from '../../domain/errors.ts';
import { entriesBelow } from './entries-below.ts';

/** Numeric user and group on the host. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Faults that only the paths of the request can cause in a directory nobody else writes. */
export const pathFaults: ReadonlySet<string | undefined> = new Set([
  'EEXIST',
  'ENOTDIR',
  'EISDIR',
  'ENAMETOOLONG',
  'EILSEQ',
  'EINVAL',
]);

/**
 * Makes a directory of the job; the mode is set apart so that the process umask does not matter. Each call takes some
 * microseconds; by way of the thread pool a job's start would wait ten times as long for its dozen directories.
 */
export async function makeOwnedDir(path: string, mode: number, owner?: Owner): Promise<void> {
  mkdirSync(path, { mode });
  chmodSync(path, mode);
  if (owner !== undefined) lchownSync(path, owner.uid, owner.gid);
}

/** Gives a tree to a user that so far only this process has written; links themselves, not what they lead to. */
export function giveAway(root: string, owner: Owner | undefined): void {
  if (owner === undefined) return;
  for (const { path } of entriesBelow(root)) lchownSync(path, owner.uid, owner.gid);
  lchownSync(root, owner.uid, owner.gid);
}

async function writeOne(
  root: string,
  file: InputFile,
  made: Set<string>,
  owner?: Owner,
): Promise<void> {
  const segments = file.path.split('/');
  let dir = root;
  for (const segment of segments.slice(0, -1)) {
    dir = join(dir, segment);
    if (made.has(dir)) continue;
    await makeOwnedDir(dir, 0o755, owner);
    made.add(dir);
  }
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const path = join(dir, segments.at(-1) ?? '');
  const descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    // All of a request's files together are below the body limit.
    writeFileSync(descriptor, Buffer.from(file.content_base64, 'base64'));
    fchmodSync(descriptor, Number.parseInt(file.mode ?? '0644', 8));
    if (owner !== undefined) fchownSync(descriptor, owner.uid, owner.gid);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes input files below `root`, a directory that only this process has written: every directory
 * and file on the way was or is created here, and a link is neither, so none can be followed.
 * See docs/reference/worker-api.md#input-files.
 * @throws WorkerError `validation` naming the first path that cannot exist beside the others or is
 * there already
 */
export async function writeInputFiles(
  root: string,
  files: readonly InputFile[],
  owner?: Owner,
): Promise<void> {
  const made = new Set<string>();
  for (const { path, entry } of entriesBelow(root)) if (entry.isDirectory()) made.add(path);
  for (const file of files) {
    try {
      await writeOne(root, file, made, owner);
    } catch (error) {
      if (!pathFaults.has(errorCodeOf(error))) throw error;
      throw new WorkerError(
        'validation',
        `sandbox.input_files: ${JSON.stringify(file.path)} is too long or clashes with another path`,
        { cause: error },
      );
    }
  }
}
