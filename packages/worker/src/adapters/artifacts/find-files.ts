import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { limits, relativePathSchema } from '@cynodeai/contracts/common';
import { errorCodeOf } from '@cynodeai/runtime/std';

/** Something below a folder that is no folder. */
export interface FoundFile {
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly executable: boolean;
  /** Another user's, or unreadable for its own: to be opened for this process first. */
  readonly closed: boolean;
  /** Why it cannot be kept. */
  readonly error?: string;
}

export interface FoundFiles {
  /** By name. */
  readonly files: readonly FoundFile[];
  /** Files more than are listed. */
  readonly omitted: number;
}

/** Entries that are looked at in all: a job may leave millions. */
const maxEntries = 4 * limits.artifactCount;

const mib = (bytes: number): string => `${bytes / 1024 ** 2} MiB`;

/** What an entry that is no regular file is called. */
function kindOf(stats: Awaited<ReturnType<typeof lstat>>): string {
  if (stats.isSymbolicLink()) return 'a link';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

/** Root reads what it likes. */
function isClosed({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  const own = process.getuid?.();
  return own !== 0 && (uid !== own || (mode & 0o400) === 0);
}

async function judge(name: string, path: string): Promise<FoundFile | 'folder'> {
  const nothing = { name, path, sizeBytes: 0, executable: false, closed: false };
  if (!relativePathSchema.safeParse(name).success) {
    return { ...nothing, error: 'its path is longer than 512 bytes or has a backslash' };
  }
  try {
    const stats = await lstat(path);
    if (stats.isDirectory()) return 'folder';
    if (!stats.isFile()) return { ...nothing, error: `it is ${kindOf(stats)}, not a file` };
    const found = {
      ...nothing,
      sizeBytes: stats.size,
      executable: (stats.mode & 0o100) !== 0,
      closed: isClosed(stats),
    };
    if (stats.size <= limits.artifactBytes) return found;
    return { ...found, error: `it is larger than ${mib(limits.artifactBytes)}` };
  } catch (error) {
    // Names that are no UTF-8 lead nowhere; a folder may be listed by who may not enter it.
    const isNameless = errorCodeOf(error) === 'ENOENT';
    const closed = errorCodeOf(error) === 'EACCES';
    return {
      ...nothing,
      closed,
      error: isNameless ? 'its name is not UTF-8' : 'it cannot be read',
    };
  }
}

const byName = (a: FoundFile, b: FoundFile): number =>
  Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));

function absent(error: unknown): undefined {
  if (errorCodeOf(error) !== 'ENOENT') throw error;
}

/** What lies below a folder, as far as the limits go. */
async function walk(root: string): Promise<FoundFiles> {
  // The job may have put anything in its place.
  const stats = await lstat(root).catch(absent);
  if (stats?.isDirectory() !== true) return { files: [], omitted: 0 };
  const files: FoundFile[] = [];
  const folders = [''];
  let looked = 0;
  let omitted = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const entry of await opendir(join(root, folder))) {
      looked += 1;
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const found = looked > maxEntries ? undefined : await judge(name, join(root, name));
      if (found === 'folder') folders.push(name);
      else if (found === undefined || files.length >= limits.artifactCount) omitted += 1;
      else files.push(found);
    }
  }
  return { files: files.toSorted(byName), omitted };
}

/** Names and sizes within what all may have together; the rest is omitted, or has an error. */
function withinAll({ files, omitted }: FoundFiles): FoundFiles {
  const kept: FoundFile[] = [];
  let names = 0;
  let bytes = 0;
  for (const file of files) {
    names += Buffer.byteLength(file.name);
    if (names > limits.artifactNamesBytes) break;
    const fits = file.error !== undefined || bytes + file.sizeBytes <= limits.jobArtifactsBytes;
    if (fits && file.error === undefined) bytes += file.sizeBytes;
    const error = `all files together are larger than ${mib(limits.jobArtifactsBytes)}`;
    kept.push(fits ? file : { ...file, error });
  }
  return { files: kept, omitted: omitted + files.length - kept.length };
}

/**
 * The files below a folder that nobody changes any more: links are never followed.
 * See docs/reference/worker-api.md#artifacts. @throws the fault of the file system for a folder that cannot be read
 */
export async function findFiles(root: string): Promise<FoundFiles> {
  return withinAll(await walk(root));
}
