import { isDraft } from '@cynodeai/runtime/files';
import { errorCodeOf } from '@cynodeai/runtime/std';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BlobFolder } from '../../ports/blob-sweep.ts';
import { type FileBlobs, blobRef } from './file-blobs.ts';

const isAbsent = (error: unknown): boolean => errorCodeOf(error) === 'ENOENT';

/** A blob that is still being written; releases before the common drafts ended its name with `.part`. */
const isUnfinished = (path: string): boolean => isDraft(basename(path)) || path.endsWith('.part');

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

async function isOlder(path: string, before: Date): Promise<boolean> {
  try {
    const found = await stat(path);
    return found.isFile() && found.mtimeMs < before.getTime();
  } catch (error) {
    // Somebody else removed it meanwhile.
    if (isAbsent(error)) return false;
    throw error;
  }
}

/** Paths below the folder, grouped by their sub-folder; files of other forms are nobody's blobs and stay. */
async function* oldFiles(directory: string, before: Date): AsyncGenerator<readonly string[]> {
  for (const group of await namesIn(directory)) {
    if (!/^[0-9a-f]{2}$/.test(group)) continue;
    const old: string[] = [];
    for (const name of await namesIn(join(directory, group))) {
      if (await isOlder(join(directory, group, name), before)) old.push(`${group}/${name}`);
    }
    yield old;
  }
}

/** The folder of `FileBlobs`, seen by its sweep. */
export function fileBlobFolder(directory: string, blobs: FileBlobs): BlobFolder {
  return {
    writtenBefore: async function* (before) {
      for await (const paths of oldFiles(directory, before)) {
        const refs = paths.flatMap((path) => blobRef(path) ?? []);
        if (refs.length > 0) yield refs;
      }
    },
    removeUnfinished: async (before) => {
      let removed = 0;
      for await (const paths of oldFiles(directory, before)) {
        for (const path of paths.filter(isUnfinished)) {
          await rm(join(directory, path), { force: true });
          removed += 1;
        }
      }
      return removed;
    },
    remove: (ref) => blobs.remove(ref),
  };
}
