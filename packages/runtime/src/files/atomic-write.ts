import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, link, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What a file is to hold: text, bytes, or bytes as they come. */
export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface AtomicWriteOptions {
  /** Exact mode, whatever the umask; 0600 unless told. */
  readonly mode?: number;
  /** False leaves a file that is already there alone: the write fails with `EEXIST` then. */
  readonly replace?: boolean;
  /**
   * True when nobody else can be writing this file, for instance under its lock: what killed writers left beside it is
   * removed.
   */
  readonly alone?: boolean;
  /**
   * False leaves it to `syncFileSystem` to make it safe from a power cut, which for many files is one wait instead of
   * two each; a cut before may leave an empty file under the name.
   */
  readonly flush?: boolean;
}

const ending = '.tmp';
/** A name may have 255 bytes; fifty characters are at most 200 of them. */
const prefixOf = (path: string): string => `.${basename(path).slice(0, 50)}.`;

/** True for the name of a file that is still being written, or whose writer was killed. */
export function isDraft(name: string): boolean {
  return name.startsWith('.') && name.endsWith(ending);
}

async function fill(
  file: FileHandle,
  content: FileContent,
  { mode, flush }: Pick<Required<AtomicWriteOptions>, 'mode' | 'flush'>,
): Promise<void> {
  // The mode given to open is narrowed by the umask; this makes it exact.
  await file.chmod(mode);
  if (typeof content === 'string' || content instanceof Uint8Array) await file.writeFile(content);
  else for await (const chunk of content) await file.writeFile(chunk);
  if (flush) await file.sync();
}

async function removeLeftovers(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(prefix) && name.endsWith(ending)) {
      await rm(join(folder, name), { force: true });
    }
  }
}

/** Makes the names of a folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

/**
 * Writes a file in one step: readers see the old content or the whole new one, never a mixture, also after a power
 * cut. It is written beside its place under a name nobody can guess, synchronized, then moved.
 * @throws the fault of the file system (`EEXIST` with `replace: false` and a file there) or of `content`; nothing of
 * the new content is left then
 */
export async function writeFileAtomic(
  path: string,
  content: FileContent,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const { mode = 0o600, replace = true, alone = false, flush = true } = options;
  const folder = dirname(path);
  const prefix = prefixOf(path);
  if (alone) await removeLeftovers(folder, prefix);
  const draft = join(folder, `${prefix}${randomUUID()}${ending}`);
  try {
    {
      await using file = await open(draft, 'wx', mode);
      await fill(file, content, { mode, flush });
    }
    if (replace) await rename(draft, path);
    else {
      // Unlike a rename a link never takes the place of a file that came meanwhile.
      await link(draft, path);
      await rm(draft);
    }
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {});
    throw cause;
  }
  if (flush) await syncFolder(folder);
}

/** Does something with an open file or folder and closes it. */
function withOpen(path: string, flags: string, act: (descriptor: number) => void): void {
  const descriptor = openSync(path, flags, 0o600);
  try {
    act(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * `writeFileAtomic` for a short text, for those who must be done before anything else runs.
 * @throws as `writeFileAtomic`
 */
export function writeFileAtomicSync(
  path: string,
  text: string,
  { mode = 0o600, replace = true }: Pick<AtomicWriteOptions, 'mode' | 'replace'> = {},
): void {
  const draft = join(dirname(path), `${prefixOf(path)}${randomUUID()}${ending}`);
  try {
    withOpen(draft, 'wx', (descriptor) => {
      fchmodSync(descriptor, mode);
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    });
    if (replace) renameSync(draft, path);
    else {
      linkSync(draft, path);
      rmSync(draft);
    }
  } catch (cause) {
    rmSync(draft, { force: true });
    throw cause;
  }
  withOpen(dirname(path), 'r', fsyncSync);
}
