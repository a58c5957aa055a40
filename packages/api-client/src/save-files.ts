import { createWriteStream } from 'node:fs';
import { chmod, lstat, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { relativePathSchema } from '@cynodeai/contracts/common';
import { unpackFiles } from '@cynodeai/runtime/archive';
import type { ArchiveFile } from '@cynodeai/runtime/std';
import { CodedError, errorCodeOf } from '@cynodeai/runtime/std';

/** The user chose a place that cannot be; the gateway sent what must not be written; the disk refused it. */
export type SaveErrorCode = 'usage' | 'gateway' | 'internal';

/** Why files were not saved; nothing was changed then. */
export class SaveError extends CodedError<SaveErrorCode> {}

export interface SavedFiles {
  /** Paths below the folder. */
  readonly files: readonly string[];
  readonly bytes: number;
}

/** Up to this a file is written at once, bytes. */
const smallBytes = 256 * 1024;

async function write(path: string, { sizeBytes, executable, chunks }: ArchiveFile): Promise<void> {
  const mode = (executable ? 0o777 : 0o666) & ~process.umask();
  if (sizeBytes <= smallBytes) await writeFile(path, await buffer(chunks), { flag: 'wx', mode });
  else await pipeline(chunks, createWriteStream(path, { flags: 'wx', mode }));
}

/** Writes the files of an archive into a fresh folder that nobody else knows. */
async function unpackInto(folder: string, archive: AsyncIterable<Uint8Array>): Promise<SavedFiles> {
  const files: string[] = [];
  const made = new Set<string>();
  let bytes = 0;
  for await (const file of unpackFiles(archive)) {
    const { name } = file;
    if (!relativePathSchema.safeParse(name).success) {
      throw new SaveError(
        'gateway',
        `the gateway sent a file that must not be written: ${JSON.stringify(name)}`,
      );
    }
    const path = join(folder, name);
    if (!made.has(dirname(path))) await mkdir(dirname(path), { recursive: true });
    made.add(dirname(path));
    await write(path, file);
    files.push(name);
    bytes += file.sizeBytes;
  }
  return { files, bytes };
}

/** Whether a path is taken, and by a folder. A link in a folder's place leads elsewhere: it is none. */
async function kindOf(path: string): Promise<'absent' | 'folder' | 'other'> {
  try {
    return (await lstat(path)).isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return 'absent';
    if (errorCodeOf(error) === 'ENOTDIR') return 'other';
    throw error;
  }
}

/** Every folder between a place and a file in it, the nearest first. */
function foldersOf(name: string): string[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
}

/** What stands in the way of files in a folder that is there already. */
async function findObstacle(
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

async function place(
  draft: string,
  out: string,
  { files }: SavedFiles,
  replace: boolean,
): Promise<void> {
  const obstacle = await findObstacle(out, files, replace);
  if (obstacle !== undefined) throw new SaveError('usage', obstacle);
  for (const folder of new Set(files.flatMap(foldersOf))) {
    await mkdir(join(out, folder), { recursive: true });
  }
  for (const file of files) await rename(join(draft, file), join(out, file));
}

/** A fault of the file system as it is told; anything else as it is. */
function told(cause: unknown, out: string): unknown {
  if (cause instanceof CodedError || !(cause instanceof Error) || !('syscall' in cause))
    return cause;
  const reason = errorCodeOf(cause) ?? 'unknown fault';
  return new SaveError('internal', `cannot write into ${out}: ${reason}`, { cause });
}

/** Whether files can be saved in a folder of that name, which may be missing. @throws SaveError */
export async function checkFolder(out: string): Promise<void> {
  const kind = await kindOf(resolve(out)).catch((error: unknown) => {
    throw told(error, out);
  });
  if (kind === 'other') throw new SaveError('usage', `${out} is no folder`);
}

/**
 * Saves the files of an archive below a folder, which is made where it is missing: all of them, or none and nothing
 * changed. Nothing is written through a link, and no file that is there gives way without `replace`.
 * See docs/reference/cli.md#task-commands. @throws SaveError, and what `archive` throws
 */
export async function saveFiles(
  out: string,
  archive: AsyncIterable<Uint8Array>,
  { replace }: { readonly replace: boolean },
): Promise<SavedFiles> {
  const target = resolve(out);
  const parent = dirname(target);
  try {
    await checkFolder(out);
    const isNew = (await kindOf(target)) === 'absent';
    await mkdir(isNew ? parent : target, { recursive: true });
    // On the disk of its place, so that it only has to be renamed; the folder above one that is there is not ours.
    const draft = await mkdtemp(
      isNew ? join(parent, `.${basename(target).slice(0, 50)}.`) : join(target, '.cynode-'),
    );
    try {
      const saved = await unpackInto(draft, archive);
      if (isNew) {
        await chmod(draft, 0o777 & ~process.umask());
        await rename(draft, target);
      } else await place(draft, target, saved, replace);
      return saved;
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  } catch (cause) {
    throw told(cause, out);
  }
}
