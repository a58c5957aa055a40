import { TreeReader, type TreeSink, type TreeSize } from '@cynodeai/runtime/archive';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  futimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { jobFolderName, limits } from '@cynodeai/contracts/common';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
const folderMode = 0o755;

/** A file that is being written. */
interface Open {
  readonly descriptor: number;
  readonly mtimeSeconds: number;
}

/**
 * Writes the folder of an archive below `root`, which is empty and nobody else's. Links come last, when nothing is
 * written any more, so that none can be followed; the reader says that no path lies below one. Calls are synchronous:
 * each takes some microseconds, and by way of the thread pool ten thousand files would take many times as long.
 */
class TreeWriter implements TreeSink, Disposable {
  readonly #root: string;
  readonly #made: Set<string>;
  readonly #links: { readonly path: string; readonly target: string }[] = [];
  #open: Open | undefined;

  constructor(root: string) {
    this.#root = root;
    this.#made = new Set([root]);
  }

  file(file: Parameters<TreeSink['file']>[0]): void {
    const path = this.#place(file.name);
    const mode = file.executable ? 0o755 : 0o644;
    const descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    this.#open = { descriptor, mtimeSeconds: file.mtimeSeconds };
    fchmodSync(descriptor, mode);
  }

  bytes(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      at += writeSync(this.#opened.descriptor, bytes, at, bytes.length - at);
    }
  }

  fileEnd(): void {
    const { descriptor, mtimeSeconds } = this.#opened;
    futimesSync(descriptor, mtimeSeconds, mtimeSeconds);
    this[Symbol.dispose]();
  }

  link({ name, target }: Parameters<TreeSink['link']>[0]): void {
    this.#links.push({ path: this.#place(name), target });
  }

  folder({ name }: Parameters<TreeSink['folder']>[0]): void {
    this.#makeFolder(join(this.#root, name));
  }

  /** The archive was read to its end. */
  finish(): void {
    for (const { path, target } of this.#links) symlinkSync(target, path);
  }

  [Symbol.dispose](): void {
    const descriptor = this.#open?.descriptor;
    this.#open = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
  }

  get #opened(): Open {
    if (this.#open === undefined) throw new Error('no file is open');
    return this.#open;
  }

  #place(name: string): string {
    const path = join(this.#root, name);
    this.#makeFolder(dirname(path));
    return path;
  }

  #makeFolder(path: string): void {
    if (this.#made.has(path)) return;
    this.#makeFolder(dirname(path));
    mkdirSync(path, { mode: folderMode });
    // The umask must not matter.
    chmodSync(path, folderMode);
    this.#made.add(path);
  }
}

/**
 * Unpacks the archive of a folder into an empty one. @throws TreeError for what is no such archive, and faults of the
 * disk; what was written so far stays then
 */
export async function writeTree(root: string, content: AsyncIterable<Buffer>): Promise<TreeSize> {
  using writer = new TreeWriter(root);
  const most = {
    bytes: limits.folderArchiveBytes,
    entries: limits.folderEntries,
    reserved: jobFolderName,
  };
  const reader = new TreeReader(most, writer);
  for await (const chunk of content) reader.write(chunk);
  const size = reader.end();
  writer.finish();
  return size;
}
