import { TreeError } from '@cynodeai/runtime/archive';
import { errorCodeOf, messageOf } from '@cynodeai/runtime/std';
import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, rename, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkerError, diskFull, isDiskFull } from '../../domain/errors.ts';
import type { FolderCache } from './folder-cache.ts';
import { makeOwnedDir } from './write-input-file.ts';
import { writeTree } from './write-tree.ts';

export interface StagedFoldersOptions {
  /** Directory of everything staged for a job. */
  readonly rootOf: (jobId: string) => string;
  readonly removeTree: (path: string) => Promise<void>;
  /** Where folders are kept for later jobs too. */
  readonly cache?: FolderCache | undefined;
}

function inOurTerms(error: unknown): unknown {
  if (error instanceof TreeError) {
    const code = error.code === 'invalid' ? 'validation' : 'staging_full';
    return new WorkerError(code, `the folder: ${error.message}`, { cause: error });
  }
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  if (isDiskFull(error)) return new WorkerError('not_run', diskFull, { cause: error });
  // The run took the directory away in the middle.
  if (errorCodeOf(error) === 'ENOENT') return late();
  const text = `a folder cannot be written: ${messageOf(error)}`;
  return new WorkerError('workspace_unusable', text, { cause: error });
}

const late = (): WorkerError =>
  new WorkerError('job_conflict', 'the job began before its folder was complete');

const notHere = (cause?: unknown): WorkerError =>
  new WorkerError('not_run', 'the folder of the job is not here; it must be sent again', { cause });

const placePrefix = 'folder-sha256-';

/** Chunks as they pass by, and at the end whether they were what the name says. */
async function* checked(content: AsyncIterable<Buffer>, folder: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  if (`sha256:${hash.digest('hex')}` === folder) return;
  throw new WorkerError('validation', 'the folder: its name is not that of what came');
}

/** Jobs that a folder was staged for, with its name; `start` is how names of their directories begin. */
export async function stagedFoldersIn(
  mountRoot: string,
  start: string,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(mountRoot).catch(() => [])) {
    if (!entry.startsWith(start)) continue;
    for (const name of await readdir(join(mountRoot, entry)).catch(() => [])) {
      if (!name.startsWith(placePrefix)) continue;
      found.set(entry.slice(start.length), `sha256:${name.slice(placePrefix.length)}`);
    }
  }
  return found;
}

/** Folders that arrive before their jobs, unpacked as they come. See docs/reference/worker-api.md#input-files. */
export class StagedFolders {
  readonly #options: StagedFoldersOptions;
  /** The placing of a folder behind the one before it. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: StagedFoldersOptions) {
    this.#options = options;
  }

  /** See `WorkspaceStore.stageFolder`. */
  async receive(
    jobId: string,
    folder: string,
    content: AsyncIterable<Buffer>,
    stillOpen: () => boolean,
  ): Promise<void> {
    try {
      const { cache } = this.#options;
      const tree = await cache?.draft();
      if (cache === undefined || tree === undefined) {
        await this.#receiveAlone(jobId, folder, content, stillOpen);
      } else {
        await this.#receiveForAll({ cache, tree }, jobId, folder, content, stillOpen);
      }
    } catch (error) {
      throw inOurTerms(error);
    }
  }

  /** See `WorkspaceStore.reuseFolder`. */
  async reuse(jobId: string, folder: string, stillOpen: () => boolean): Promise<boolean> {
    const { cache } = this.#options;
    if (cache === undefined) return false;
    try {
      if ((await cache.hold(folder, jobId)) === undefined) return false;
      await this.#note(jobId, folder, stillOpen);
      return true;
    } catch (error) {
      cache.release(jobId);
      throw inOurTerms(error);
    }
  }

  /**
   * Makes a job's folder its workspace at `target`, or gives the tree that it is to be a layer over.
   * @throws WorkerError `not_run` when it is not there
   */
  async take(jobId: string, folder: string, target: string): Promise<string | undefined> {
    const place = this.#placeOf(jobId, folder);
    try {
      if ((await lstat(place)).isDirectory()) {
        await rename(place, target);
        return undefined;
      }
    } catch (cause) {
      if (errorCodeOf(cause) !== 'ENOENT') throw cause;
      throw notHere(cause);
    }
    const tree = await this.#options.cache?.hold(folder, jobId);
    if (tree === undefined) throw notHere();
    return tree;
  }

  async #receiveAlone(
    jobId: string,
    folder: string,
    content: AsyncIterable<Buffer>,
    stillOpen: () => boolean,
  ): Promise<void> {
    const { rootOf, removeTree } = this.#options;
    const draft = join(rootOf(jobId), `draft-${randomUUID()}`);
    try {
      await this.#inRoot(jobId, stillOpen, () => makeOwnedDir(draft, 0o700));
      await writeTree(draft, content);
      await this.#place(jobId, folder, stillOpen, (place) => rename(draft, place));
    } catch (error) {
      await removeTree(draft);
      await this.#leave(jobId);
      throw error;
    }
  }

  async #receiveForAll(
    { cache, tree }: { readonly cache: FolderCache; readonly tree: string },
    jobId: string,
    folder: string,
    content: AsyncIterable<Buffer>,
    stillOpen: () => boolean,
  ): Promise<void> {
    try {
      const size = await writeTree(tree, checked(content, folder));
      if (!stillOpen()) throw late();
      await cache.keep(tree, folder, size, jobId);
      await this.#note(jobId, folder, stillOpen);
    } catch (error) {
      await cache.drop(tree);
      cache.release(jobId);
      throw error;
    }
  }

  /** Leaves word that the job's folder is among those that are kept. */
  async #note(jobId: string, folder: string, stillOpen: () => boolean): Promise<void> {
    try {
      await this.#place(jobId, folder, stillOpen, (place) =>
        this.#inRoot(jobId, stillOpen, () => writeFile(place, '', { mode: 0o600 })),
      );
    } catch (error) {
      await this.#leave(jobId);
      throw error;
    }
  }

  /** Puts a folder where the one before it was. */
  async #place(
    jobId: string,
    folder: string,
    stillOpen: () => boolean,
    put: (place: string) => Promise<void>,
  ): Promise<void> {
    const work = async (): Promise<void> => {
      if (!stillOpen()) throw late();
      const place = this.#placeOf(jobId, folder);
      await this.#options.removeTree(place);
      await put(place);
    };
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => {});
    await mine;
  }

  /** Does something in the directory of a job, which others who leave it may take along while it is empty. */
  async #inRoot(jobId: string, stillOpen: () => boolean, work: () => Promise<void>): Promise<void> {
    for (;;) {
      await mkdir(this.#options.rootOf(jobId), { recursive: true, mode: 0o700 });
      try {
        return await work();
      } catch (error) {
        if (errorCodeOf(error) !== 'ENOENT') throw error;
        if (!stillOpen()) throw late();
      }
    }
  }

  /** Takes the directory of a job along when nothing is in it. */
  async #leave(jobId: string): Promise<void> {
    await rmdir(this.#options.rootOf(jobId)).catch(() => {});
  }

  #placeOf(jobId: string, folder: string): string {
    return join(this.#options.rootOf(jobId), `${placePrefix}${folder.replace('sha256:', '')}`);
  }
}
