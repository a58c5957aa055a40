import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobOpener, BlobReader, OpenBlob } from '../../ports/blobs.ts';
import type { BlobWriter, StoredBlob } from '../../ports/blobs-writer.ts';

const prefix = 'file:';
const relativePattern = /^[0-9a-f]{2}\/[0-9a-f-]{36}$/;

/** Ends the name of a blob that is still being written. */
export const unfinishedSuffix = '.part';

/** `storage_ref` of a path below the folder; undefined when no blob has such a path. */
export function blobRef(relative: string): string | undefined {
  return relativePattern.test(relative) ? `${prefix}${relative}` : undefined;
}

/** Blobs as files of one folder; `storage_ref` keeps the path below it, so that the folder may move. */
export class FileBlobs implements BlobOpener, BlobReader, BlobWriter {
  readonly #directory: string;

  /** @param directory `ARTIFACT_STORAGE_DIR`; made on first use. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  async write(bytes: Uint8Array): Promise<StoredBlob> {
    return this.writeStream(oneChunk(bytes));
  }

  async writeStream(chunks: AsyncIterable<Uint8Array>): Promise<StoredBlob> {
    const id = randomUUID();
    const relative = `${id.slice(0, 2)}/${id}`;
    const path = join(this.#directory, relative);
    const temporary = `${path}${unfinishedSuffix}`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      const written = await writeDurably(temporary, chunks);
      await rename(temporary, path);
      await syncFolder(dirname(path));
      return { storageRef: `${prefix}${relative}`, ...written };
    } catch (error) {
      await rm(temporary, { force: true });
      await rm(path, { force: true });
      throw error;
    }
  }

  async read(storageRef: string): Promise<Uint8Array> {
    return readFile(this.#pathOf(storageRef));
  }

  async open(storageRef: string): Promise<OpenBlob> {
    const file = await open(this.#pathOf(storageRef), 'r');
    try {
      const { size } = await file.stat();
      return {
        sizeBytes: size,
        chunks: size === 0 ? noBytes() : file.createReadStream({ autoClose: false, end: size - 1 }),
        close: () => file.close(),
      };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async remove(storageRef: string): Promise<void> {
    await rm(this.#pathOf(storageRef), { force: true });
  }

  /** References come from the database; a form of another writer must not reach outside the folder. */
  #pathOf(storageRef: string): string {
    const relative = storageRef.startsWith(prefix) ? storageRef.slice(prefix.length) : '';
    if (!relativePattern.test(relative)) throw new RangeError('unknown form of storage reference');
    return join(this.#directory, relative);
  }
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function writeDurably(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<Omit<StoredBlob, 'storageRef'>> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

/** A rename survives a power cut only once its folder was written. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
