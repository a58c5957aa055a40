import { TreeError } from '@cynodeai/runtime/archive';
import { errorCodeOf, messageOf } from '@cynodeai/runtime/std';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkerError, diskFull, isDiskFull } from '../../domain/errors.ts';
import { makeOwnedDir } from './write-input-file.ts';
import { writeTree } from './write-tree.ts';

export interface StagedFoldersOptions {
  /** Directory of everything staged for a job. */
  readonly rootOf: (jobId: string) => string;
  readonly removeTree: (path: string) => Promise<void>;
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

/** Folders that arrive before their jobs, unpacked as they come. See docs/reference/worker-api.md#input-files. */
export class StagedFolders {
  readonly #options: StagedFoldersOptions;

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
    const { rootOf, removeTree } = this.#options;
    const root = rootOf(jobId);
    const draft = join(root, `draft-${randomUUID()}`);
    try {
      await mkdir(root, { recursive: true, mode: 0o700 });
      await makeOwnedDir(draft, 0o700);
      await writeTree(draft, content);
      if (!stillOpen()) throw late();
      await removeTree(this.#placeOf(jobId, folder));
      await rename(draft, this.#placeOf(jobId, folder));
    } catch (error) {
      await removeTree(draft);
      if ((await readdir(root).catch(() => [])).length === 0) await removeTree(root);
      throw inOurTerms(error);
    }
  }

  /** Makes a job's folder its workspace at `target`. @throws WorkerError `not_run` when it is not there */
  async moveTo(jobId: string, folder: string, target: string): Promise<void> {
    try {
      await rename(this.#placeOf(jobId, folder), target);
    } catch (cause) {
      if (errorCodeOf(cause) !== 'ENOENT') throw cause;
      throw new WorkerError('not_run', 'the folder of the job is not here; it must be sent again', {
        cause,
      });
    }
  }

  #placeOf(jobId: string, folder: string): string {
    return join(this.#options.rootOf(jobId), `folder-${folder.replace(':', '-')}`);
  }
}
