import {
  type PackedEntry,
  faultOfName,
  packTree,
  packedBytes,
  shownName,
} from '@cynodeai/runtime/archive';
import type { Env } from '@cynodeai/runtime/config';
import { errorCodeOf, messageOf } from '@cynodeai/runtime/std';
import { createHash } from 'node:crypto';
import {
  type Stats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { limits } from '@cynodeai/contracts/common';
import { FolderError } from './folder-error.ts';
import { listNames } from './list-names.ts';

/** A folder of this machine as it was looked at, ready to be sent. */
export interface LocalFolder {
  /** Absolute, without links. */
  readonly path: string;
  /** Files, links and empty folders. */
  readonly entries: number;
  /** Of its files. */
  readonly bytes: number;
  /** The same as long as no file was touched. */
  readonly fingerprint: string;
  /** When something in it was changed last, ms since 1970. */
  readonly changedMs: number;
  /** What a person should know of it. */
  readonly notes: readonly string[];
  /** Of its archive. */
  readonly sizeBytes: number;
  /**
   * Its archive, each time it is asked for: the same bytes, or an end.
   * @throws FolderError when something in it has changed meanwhile or cannot be read
   */
  chunks(): AsyncIterable<Buffer>;
}

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

const changed = (name: string, cause?: unknown): FolderError =>
  new FolderError(`${shownName(name)} changed while the folder was read; try again`, { cause });

const isSame = (now: Stats, seen: Stats): boolean =>
  now.isFile() &&
  now.dev === seen.dev &&
  now.ino === seen.ino &&
  now.size === seen.size &&
  now.mtimeMs === seen.mtimeMs &&
  now.ctimeMs === seen.ctimeMs;

/** Opens the very file that was looked at, and closes it only as it was. */
function openSeen(path: string, name: string, seen: Stats) {
  let descriptor: number;
  try {
    descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (errorCodeOf(error) === 'EACCES') throw unreadable(name, error);
    throw changed(name, error);
  }
  const check = (): void => {
    if (!isSame(fstatSync(descriptor), seen)) throw changed(name);
  };
  const close = (): void => closeSync(descriptor);
  try {
    check();
  } catch (error) {
    close();
    throw error;
  }
  return {
    read: (buffer: Buffer, offset: number, length: number): number => {
      const count = readSync(descriptor, buffer, offset, length, null);
      if (count < length) check();
      return count;
    },
    close: (): void => {
      try {
        check();
      } finally {
        close();
      }
    },
  };
}

const unreadable = (name: string, cause: unknown): FolderError =>
  new FolderError(`${shownName(name)} cannot be read: ${messageOf(cause)}`, { cause });

/** True when a link leads out of the folder, as far as its text says. */
function leadsOut(name: string, target: string): boolean {
  if (target.startsWith('/')) return true;
  return normalize(join(dirname(name), target)).split('/')[0] === '..';
}

/** Some of many names, for a note. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(shownName).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

/** Looks at each thing of a folder. */
class Survey {
  readonly entries: PackedEntry[] = [];
  readonly outward: string[] = [];
  readonly special: string[] = [];
  bytes = 0;
  changedMs = 0;
  readonly #root: string;
  readonly #hash = createHash('sha256');

  constructor(root: string) {
    this.#root = root;
  }

  look(name: string): void {
    const path = join(this.#root, name);
    // Before it is looked for: a name that is not UTF-8 is not found by what was read of it.
    const fault = faultOfName(name);
    if (fault !== undefined) throw new FolderError(`the path ${shownName(name)} ${fault}`);
    const seen = this.#stat(path, name);
    if (seen === undefined) return;
    const mtimeSeconds = Math.trunc(seen.mtimeMs / 1000);
    let target = '';
    if (seen.isFile()) {
      const executable = (seen.mode & 0o111) !== 0;
      this.#count(seen.size);
      const open = () => openSeen(path, name, seen);
      this.entries.push({
        type: 'file',
        name,
        mtimeSeconds,
        sizeBytes: seen.size,
        executable,
        open,
      });
    } else if (seen.isSymbolicLink()) {
      target = this.#targetOf(path, name);
      if (leadsOut(name, target)) this.outward.push(name);
      this.entries.push({ type: 'link', name, mtimeSeconds, target });
    } else if (seen.isDirectory()) {
      this.entries.push({ type: 'folder', name, mtimeSeconds: 0 });
      return void this.#hash.update(`${name}\0folder\0`);
    } else {
      this.special.push(name);
      return;
    }
    this.changedMs = Math.max(this.changedMs, seen.ctimeMs);
    const { size, mtimeMs, ctimeMs, ino, mode } = seen;
    this.#hash.update([name, size, mtimeMs, ctimeMs, ino, mode, target, ''].join('\0'));
  }

  fingerprint(): string {
    return this.#hash.digest('hex');
  }

  /** Undefined for what was deleted. */
  #stat(path: string, name: string): Stats | undefined {
    try {
      return lstatSync(path);
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(errorCodeOf(error) ?? '')) return undefined;
      throw unreadable(name, error);
    }
  }

  #targetOf(path: string, name: string): string {
    try {
      return readlinkSync(path);
    } catch (error) {
      throw changed(name, error);
    }
  }

  #count(size: number): void {
    this.bytes += size;
    if (this.bytes <= limits.folderArchiveBytes) return;
    const gib = limits.folderArchiveBytes / 1024 ** 3;
    throw new FolderError(`the folder has more than ${gib} GiB; name a smaller one`);
  }
}

function notesOf(survey: Survey, omitted: readonly string[], note: string | undefined): string[] {
  const { special, outward } = survey;
  return [
    ...(note === undefined ? [] : [note]),
    ...(omitted.length === 0 ? [] : [`left out: ${some(omitted)}`]),
    ...(special.length === 0 ? [] : [`left out, for they are no files: ${some(special)}`]),
    ...(outward.length === 0
      ? []
      : [
          `links that lead out of the folder are sent as links, without what they lead to: ${some(outward)}`,
        ]),
  ];
}

function rootOf(path: string): string {
  try {
    const root = realpathSync(path);
    if (statSync(root).isDirectory()) return root;
  } catch (cause) {
    const what = errorCodeOf(cause) === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new FolderError(`--dir: ${path} ${what}`, { cause });
  }
  throw new FolderError(`--dir: ${path} is no folder`);
}

/**
 * Looks at a folder: what would be sent, and whether it can be. Nothing is read yet but names.
 * @param caller the caller's environment
 * See docs/reference/folders.md#what-is-sent. @throws FolderError
 */
export function openFolder(path: string, caller: Env = {}): LocalFolder {
  const root = rootOf(path);
  const survey = new Survey(root);
  let names: ReturnType<typeof listNames>;
  try {
    names = listNames(root, caller);
  } catch (error) {
    if (error instanceof FolderError) throw error;
    throw new FolderError(`--dir: ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  for (const name of names.names) survey.look(name);
  const { entries, bytes, changedMs } = survey;
  return {
    path: root,
    entries: entries.length,
    bytes,
    fingerprint: survey.fingerprint(),
    changedMs,
    notes: notesOf(survey, names.omitted, names.note),
    // Ten thousand headers are made only for a folder that is sent.
    get sizeBytes() {
      return packedBytes(entries);
    },
    chunks: () => packTree(entries),
  };
}
