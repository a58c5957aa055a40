import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { relativePathSchema } from '@cynodeai/contracts/common';
import { ArchiveError, unpackFiles } from '@cynodeai/runtime/archive';
import { type ArchiveFile, CodedError, errorCodeOf } from '@cynodeai/runtime/std';
import {
  type Undo,
  findObstacle,
  kindOf,
  makeFolder,
  placeFiles,
  stepBack,
  withoutDraft,
} from './place-files.ts';

/** The user chose a place that cannot be; the gateway sent what must not be written; the disk refused it. */
export type SaveErrorCode = 'usage' | 'gateway' | 'internal';

/** Why files were not saved; nothing was changed then, unless the message says so. */
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
    try {
      if (!made.has(dirname(path))) await mkdir(dirname(path), { recursive: true });
      await write(path, file);
    } catch (cause) {
      if (!['EEXIST', 'ENOTDIR', 'EISDIR'].includes(String(errorCodeOf(cause)))) throw cause;
      const text = `the gateway sent two files that cannot both be: ${JSON.stringify(name)}`;
      throw new SaveError('gateway', text, { cause });
    }
    made.add(dirname(path));
    files.push(name);
    bytes += file.sizeBytes;
  }
  return { files, bytes };
}

/** Whether files can be saved in a folder of that name, which may be missing. @throws SaveError */
export async function checkFolder(out: string): Promise<void> {
  const kind = await kindOf(resolve(out)).catch((error: unknown) => {
    throw savingFault(out, error, true);
  });
  if (kind === 'other') throw new SaveError('usage', `${out} is no folder`);
}

/**
 * Saves the files of an archive below a folder, which is made where it is missing: all of them, or none. Nothing is
 * written through a link, and no file that is there gives way without `replace`.
 * See docs/reference/cli.md#task-commands. @throws SaveError, and what `archive` throws
 */
export async function saveFiles(
  out: string,
  archive: AsyncIterable<Uint8Array>,
  { replace }: { readonly replace: boolean },
): Promise<SavedFiles> {
  const target = resolve(out);
  const parent = dirname(target);
  const undo: Undo[] = [];
  try {
    await checkFolder(out);
    const isNew = (await kindOf(target)) === 'absent';
    if (isNew) await makeFolder(parent, undo);
    // On the disk of its place, so that it only has to be renamed; the folder above one that is there is not ours.
    const draft = await mkdtemp(
      isNew ? join(parent, `.${basename(target).slice(0, 50)}.`) : join(target, '.cynode-'),
    );
    undo.push(withoutDraft(draft));
    if (isNew) {
      const saved = await unpackInto(draft, archive);
      await chmod(draft, 0o777 & ~process.umask());
      await rename(draft, target);
      return saved;
    }
    const [fresh, aside] = [join(draft, 'new'), join(draft, 'old')];
    await Promise.all([mkdir(fresh), mkdir(aside)]);
    const saved = await unpackInto(fresh, archive);
    const obstacle = await findObstacle(target, saved.files, replace);
    if (obstacle !== undefined) throw new SaveError('usage', obstacle);
    await placeFiles(fresh, target, saved.files, { replace, aside, undo });
    // All is in its place: what is left of the draft takes nothing back.
    await rm(draft, { recursive: true, force: true }).catch(() => {});
    return saved;
  } catch (cause) {
    const isUndone = await stepBack(undo);
    throw savingFault(out, cause, isUndone);
  }
}

/** What a fault means for who wanted the files. */
function savingFault(out: string, cause: unknown, isUndone: boolean): unknown {
  const left = isUndone
    ? ''
    : `; some of the files are in ${out} nevertheless, and what gave way to them in a folder .cynode-… there`;
  if (cause instanceof ArchiveError) {
    const text = `the gateway sent no whole archive of files: ${cause.message}; try again${left}`;
    return new SaveError('gateway', text, { cause });
  }
  if (cause instanceof CodedError || !(cause instanceof Error) || !('syscall' in cause))
    return cause;
  const reason = errorCodeOf(cause) ?? 'unknown fault';
  return new SaveError('internal', `cannot write into ${out}: ${reason}${left}`, { cause });
}
