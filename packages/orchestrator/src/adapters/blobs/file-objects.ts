import { filePieces, isDraft, syncFileSystem, syncFolder } from '@cynodeai/runtime/files';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ByteRange, OpenBlob } from '../../ports/blobs.ts';
import type { ObjectDraft, ObjectStore } from '../../ports/object-store.ts';
import { Drafts, isAbsent, isOlder, namesIn } from './drafts.ts';
import { isObjectName, newObjectName, objectNameOf } from './object-name.ts';

/** Drafts of earlier releases lay beside the objects. */
const isOldDraft = (name: string): boolean => isDraft(basename(name)) || name.endsWith('.part');

/** There are few folders, which soon are all there. */
async function renameInto(path: string, target: string): Promise<void> {
  try {
    await rename(path, target);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await rename(path, target);
  }
}

/** Objects as files of one folder; a reference keeps the path below it, so that the folder may move. */
export class FileObjects implements ObjectStore {
  readonly scheme = 'file:';
  readonly #directory: string;
  readonly #drafts: Drafts;

  /** @param directory `ARTIFACT_STORAGE_DIR`; made on first use. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#drafts = new Drafts(directory);
  }

  async draft(chunks: AsyncIterable<Uint8Array>): Promise<ObjectDraft> {
    const { path, sizeBytes, sha256 } = await this.#drafts.write(chunks, { isDurable: false });
    let isPublished = false;
    return {
      sizeBytes,
      sha256,
      publish: async () => {
        const name = newObjectName(sha256);
        const target = join(this.#directory, name);
        await renameInto(path, target);
        isPublished = true;
        return `${this.scheme}${name}`;
      },
      discard: async () => {
        if (!isPublished) await rm(path, { force: true });
      },
    };
  }

  async flush(ref: string): Promise<void> {
    const path = this.#pathOf(ref);
    {
      await using file = await open(path, 'r');
      await file.sync();
    }
    await syncFolder(dirname(path));
    await syncFolder(this.#directory);
  }

  async flushAll(): Promise<void> {
    await syncFileSystem(this.#directory);
  }

  async stat(ref: string): Promise<{ readonly sizeBytes: number } | undefined> {
    try {
      const found = await stat(this.#pathOf(ref));
      return found.isFile() ? { sizeBytes: found.size } : undefined;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  async open(ref: string, range?: ByteRange): Promise<OpenBlob> {
    const file = await open(this.#pathOf(ref), 'r');
    try {
      const { size } = await file.stat();
      const first = range?.first ?? 0;
      const end = Math.min(range?.last ?? size - 1, size - 1);
      const sizeBytes = Math.max(end - first + 1, 0);
      return {
        sizeBytes,
        chunks: filePieces(file, first, sizeBytes),
        close: () => file.close(),
      };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async remove(ref: string): Promise<void> {
    await rm(this.#pathOf(ref), { force: true });
  }

  async *writtenBefore(before: Date): AsyncGenerator<readonly string[]> {
    for await (const names of this.#oldFiles(before)) {
      const refs = names.filter(isObjectName).map((name) => `${this.scheme}${name}`);
      if (refs.length > 0) yield refs;
    }
  }

  async removeUnfinished(before: Date): Promise<number> {
    let removed = await this.#drafts.removeUnfinished(before);
    for await (const names of this.#oldFiles(before)) {
      for (const name of names.filter(isOldDraft)) {
        await rm(join(this.#directory, name), { force: true });
        removed += 1;
      }
    }
    return removed;
  }

  /** Names grouped by sub-folder; files of other forms are nobody's objects and stay. */
  async *#oldFiles(before: Date): AsyncGenerator<readonly string[]> {
    for (const group of await namesIn(this.#directory)) {
      if (!/^[0-9a-f]{2}$/.test(group)) continue;
      const old: string[] = [];
      for (const name of await namesIn(join(this.#directory, group))) {
        if (await isOlder(join(this.#directory, group, name), before)) old.push(`${group}/${name}`);
      }
      yield old;
    }
  }

  #pathOf(ref: string): string {
    return join(this.#directory, objectNameOf(ref, this.scheme));
  }
}
