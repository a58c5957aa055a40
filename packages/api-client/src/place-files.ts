import {
  constants,
  copyFile,
  link,
  lstat,
  mkdir,
  rename,
  rm,
  rmdir,
  unlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCodeOf } from '@cynodeai/runtime/std';

/** Takes one step back. @param isAll whether all that came before it could be taken */
export type Undo = (isAll: boolean) => Promise<void>;

/** What a file system without hard links, or another one than that of the source, answers. */
const unlinkable: readonly unknown[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV'];

/** Whether a path is taken, and by a folder. A link in a folder's place leads elsewhere: it is none. */
export async function kindOf(path: string): Promise<'absent' | 'folder' | 'other'> {
  try {
    return (await lstat(path)).isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return 'absent';
    if (errorCodeOf(error) === 'ENOTDIR') return 'other';
    throw error;
  }
}

/** Every folder between a place and a file in it, the outermost first. */
function foldersOf(name: string): string[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
}

/** What stands in the way of files in a folder that is there already. */
export async function findObstacle(
  out: string,
  files: readonly string[],
  replace: boolean,
): Promise<string | undefined> {
  const folders = new Set(files.flatMap(foldersOf));
  for (const folder of folders) {
    if ((await kindOf(join(out, folder))) === 'other') return `${join(out, folder)} is no folder`;
  }
  for (const file of files) {
    const kind = await kindOf(join(out, file));
    if (kind === 'folder') return `${join(out, file)} is a folder`;
    if (kind === 'other' && !replace) return `${join(out, file)} exists; add --force to replace it`;
  }
  return undefined;
}

/** Makes a folder and those above it; the steps back remove those that were missing, where nothing else came into them. */
export async function makeFolder(path: string, undo: Undo[]): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  const made = [];
  for (let folder = path; folder !== dirname(first); folder = dirname(folder)) made.push(folder);
  undo.push(...made.toReversed().map((folder) => () => rmdir(folder)));
}

/** Another name for a file, or else a copy of it; nothing gives way. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!unlinkable.includes(errorCodeOf(error))) throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}

/** Puts one in the place of another, which is kept beside. */
async function replaceFile(from: string, to: string, aside: string): Promise<Undo> {
  try {
    await link(to, aside);
  } catch (error) {
    if (!unlinkable.includes(errorCodeOf(error))) throw error;
    await rename(to, aside);
  }
  const back = (): Promise<void> => rename(aside, to);
  try {
    await rename(from, to);
  } catch (error) {
    await back();
    throw error;
  }
  return back;
}

/**
 * Puts files of a draft at their places below a folder: all of them, or none. What comes into the way meanwhile gives
 * way with `replace` only.
 * @param aside an empty folder on the same disk, for what is replaced
 * @param undo is given the steps back
 * @throws the fault of the disk, and the steps are the caller's to take
 */
export async function placeFiles(
  draft: string,
  out: string,
  files: readonly string[],
  {
    replace,
    aside,
    undo,
  }: { readonly replace: boolean; readonly aside: string; readonly undo: Undo[] },
): Promise<void> {
  for (const folder of new Set(files.flatMap(foldersOf))) {
    await makeFolder(join(out, folder), undo);
  }
  for (const [index, file] of files.entries()) {
    const [from, to] = [join(draft, file), join(out, file)];
    if (replace && (await kindOf(to)) !== 'absent') {
      undo.push(await replaceFile(from, to, join(aside, String(index))));
    } else {
      await linkOrCopy(from, to);
      undo.push(() => unlink(to));
    }
  }
}

/** Removes a draft, but not where what gave way lies in it and could not be put back. */
export function withoutDraft(draft: string): Undo {
  return async (isAll) => {
    if (isAll) await rm(draft, { recursive: true, force: true });
  };
}

/** Takes the steps back, the last one first; false when one of them could not be taken. */
export async function stepBack(undo: readonly Undo[]): Promise<boolean> {
  let isAll = true;
  for (const step of undo.toReversed()) {
    await step(isAll).catch((error: unknown) => {
      // Others may have put something into a folder that is ours, or taken away what is.
      isAll &&= ['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(String(errorCodeOf(error)));
    });
  }
  return isAll;
}
