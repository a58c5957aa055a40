import { syncFileSystem, writeFileAtomic } from '@cynodeai/runtime/files';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobOpener, BlobReader, OpenBlob } from '../../ports/blobs.ts';
import type { BlobBatch, BlobWriter, StoredBlob } from '../../ports/blobs-writer.ts';

const prefix = 'file:';
const relativePattern = /^[0-9a-f]{2}\/[0-9a-f-]{36}$/;

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
    return this.#store(chunks, { flush: true });
  }

  batch(): BlobBatch {
    return {
      write: (chunks) => this.#store(chunks, { flush: false }),
      flush: () => syncFileSystem(this.#directory),
    };
  }

  async #store(
    chunks: AsyncIterable<Uint8Array>,
    how: { readonly flush: boolean },
  ): Promise<StoredBlob> {
    const id = randomUUID();
    const relative = `${id.slice(0, 2)}/${id}`;
    const path = join(this.#directory, relative);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const counted = new Counted(chunks);
    await writeFileAtomic(path, counted.bytes(), how);
    return { storageRef: `${prefix}${relative}`, ...counted.sum() };
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

/** Bytes on their way, with what they add up to. */
class Counted {
  readonly #chunks: AsyncIterable<Uint8Array>;
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks;
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#chunks) {
      this.#hash.update(chunk);
      this.#sizeBytes += chunk.length;
      yield chunk;
    }
  }

  /** To be asked once, at the end. */
  sum(): Omit<StoredBlob, 'storageRef'> {
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex') };
  }
}
