import { isDraft } from '@cynodeai/runtime/files';
import { errorCodeOf } from '@cynodeai/runtime/std';
import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file with bytes that have no name yet. */
export interface DraftFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** Nothing is there under that name. */
export const isAbsent = (error: unknown): boolean => errorCodeOf(error) === 'ENOENT';

/** Names in a folder; none where there is no folder. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Whether it is a file that was last written before that. */
export async function isOlder(path: string, before: Date): Promise<boolean> {
  try {
    const found = await stat(path);
    return found.isFile() && found.mtimeMs < before.getTime();
  } catch (error) {
    // Somebody else removed it meanwhile.
    if (isAbsent(error)) return false;
    throw error;
  }
}

/** The folder in which bytes wait until their hash is known. */
export class Drafts {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = join(directory, 'drafts');
  }

  /** @param isDurable waits for the disk. Rejects with what `chunks` throws, and leaves nothing then. */
  async write(
    chunks: AsyncIterable<Uint8Array>,
    { isDurable }: { readonly isDurable: boolean },
  ): Promise<DraftFile> {
    const path = join(this.#directory, `.${randomUUID()}.tmp`);
    const hash = createHash('sha256');
    let sizeBytes = 0;
    try {
      await using file = await this.#create(path);
      for await (const chunk of chunks) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        await file.writeFile(chunk);
      }
      if (isDurable) await file.sync();
    } catch (error) {
      await rm(path, { force: true }).catch(() => {});
      throw error;
    }
    return { path, sizeBytes, sha256: hash.digest('hex') };
  }

  /** The folder is nearly always there. */
  async #create(path: string): Promise<FileHandle> {
    try {
      return await open(path, 'wx', 0o600);
    } catch (error) {
      if (!isAbsent(error)) throw error;
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      return open(path, 'wx', 0o600);
    }
  }

  /** Removes what writers that never finished began before that; says how many. */
  async removeUnfinished(before: Date): Promise<number> {
    let removed = 0;
    for (const name of await namesIn(this.#directory)) {
      const path = join(this.#directory, name);
      if (!isDraft(name) || !(await isOlder(path, before))) continue;
      await rm(path, { force: true });
      removed += 1;
    }
    return removed;
  }
}
