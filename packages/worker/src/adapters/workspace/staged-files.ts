import { limits } from '@cynodeai/contracts/common';
import type { StagedFileQuery } from '@cynodeai/contracts/worker-api';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCodeOf, messageOf } from '@cynodeai/runtime/std';
import { WorkerError } from '../../domain/errors.ts';
import { exists } from '@cynodeai/runtime/files';
import { entriesBelow } from './entries-below.ts';
import { makeOwnedDir, pathFaults } from './write-input-file.ts';

export interface StagedFilesOptions {
  readonly mountRoot: string;
  /** Only files staged on this node are seen; others may share the mount root. */
  readonly nodeSlug: string;
}

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A file being received. */
interface Upload {
  readonly file: StagedFileQuery;
  /** Bytes so far. */
  size: number;
}

/** A job that gets files at this moment. */
interface Receiving {
  readonly uploads: Set<Upload>;
  /** Sizes of the stored files by path. */
  readonly stored: Promise<Map<string, number>>;
  /** The tidying behind the last upload. */
  ending: Promise<void> | undefined;
}

/** Sizes of regular files below a directory by relative path; nobody but this process writes there. */
async function sizesBelow(directory: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  try {
    for (const { path, entry } of entriesBelow(directory)) {
      if (!entry.isFile()) continue;
      const { size } = await lstat(path);
      sizes.set(path.slice(directory.length + 1), size);
    }
  } catch (error) {
    // It may be made in the meantime by whoever is about to stage there, which changes nothing of what was found.
    const wasAbsent = error instanceof Error && 'path' in error && error.path === directory;
    if (errorCodeOf(error) !== 'ENOENT') throw error;
    if (!wasAbsent && (await exists(directory))) throw error;
  }
  return sizes;
}

function checkCount(count: number): void {
  if (count <= limits.inputFileCount) return;
  const text = `a job may have at most ${limits.inputFileCount} input files, staged ones included`;
  throw new WorkerError('validation', `sandbox.input_files: ${text}`);
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}

const late = (): WorkerError =>
  new WorkerError('job_conflict', 'the job began before the file was complete');

/** A fault of the disk or the path, in the node's terms; whatever the sender did wrong passes as it is. */
function inOurTerms(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const code = errorCodeOf(error);
  // The run took the directory away in the middle.
  if (code === 'ENOENT') return late();
  if (pathFaults.has(code) || code === 'ENOTEMPTY') {
    const text = `path: ${JSON.stringify(path)} is too long or clashes with another path`;
    return new WorkerError('validation', text, { cause: error });
  }
  return unusable(error);
}

function unusable(cause: unknown): WorkerError {
  const text = `a staged file cannot be written: ${messageOf(cause)}`;
  return new WorkerError('workspace_unusable', text, { cause });
}

/**
 * Input files that arrive before their job. They lie in the form of the workspace they will become,
 * so that a restart of the node loses none. See docs/reference/worker-api.md#input-files.
 */
export class StagedFiles {
  readonly #options: StagedFilesOptions;
  readonly #receiving = new Map<string, Receiving>();

  constructor(options: StagedFilesOptions) {
    this.#options = options;
  }

  /** Directory of everything staged for a job; there may be none. */
  rootOf(jobId: string): string {
    return join(this.#options.mountRoot, `${this.#start}${jobId}`);
  }

  /**
   * Makes a job's staged files its workspace at `target`; false when there are none.
   * @throws WorkerError `validation` when they and `more` other files are too many
   */
  async moveTo(jobId: string, target: string, more: number): Promise<boolean> {
    try {
      await rename(this.#workspaceOf(jobId), target);
    } catch (error) {
      if (errorCodeOf(error) === 'ENOENT') return false;
      throw error;
    }
    const { size } = await sizesBelow(target);
    checkCount(size + more);
    return true;
  }

  /**
   * Puts a job's staged files into a folder that is there already.
   * @throws WorkerError `validation` when they and `more` other files are too many, or one clashes with what is there
   */
  async mergeInto(jobId: string, target: string, more: number): Promise<void> {
    const staged = this.#workspaceOf(jobId);
    const sizes = await sizesBelow(staged);
    checkCount(sizes.size + more);
    for (const path of sizes.keys()) {
      try {
        // Unlike a rename a link takes the place of nothing.
        await this.#place(join(staged, path), join(target, path), target, link);
      } catch (error) {
        throw inOurTerms(error, path);
      }
    }
  }

  /** Moves what was staged before that, of jobs that get nothing now, out of the way; says whose it was. */
  async takeOld(before: Date, target: (jobId: string) => string): Promise<readonly string[]> {
    const taken: string[] = [];
    for (const entry of await readdir(this.#options.mountRoot).catch(() => [])) {
      const jobId = entry.startsWith(this.#start) ? entry.slice(this.#start.length) : '';
      if (!uuidPattern.test(jobId) || !(await this.#isOld(jobId, before))) continue;
      // Away in one step, so that an upload that begins now finds an empty place.
      await rename(this.rootOf(jobId), target(jobId));
      taken.push(jobId);
    }
    return taken;
  }

  /** See `WorkspaceStore.stage`. */
  async receive(
    jobId: string,
    file: StagedFileQuery,
    content: AsyncIterable<Uint8Array>,
    stillOpen: () => boolean,
  ): Promise<void> {
    const upload: Upload = { file, size: 0 };
    const job = await this.#join(jobId, upload);
    const part = join(this.#partsOf(jobId), randomUUID());
    try {
      const stored = await this.#prepare(jobId, job);
      await this.#write(part, upload, content, () => this.#others(job, stored, file.path));
      if (!stillOpen()) throw late();
      await this.#place(part, join(this.#workspaceOf(jobId), file.path), this.#workspaceOf(jobId));
      stored.set(file.path, upload.size);
    } catch (error) {
      upload.size = 0;
      await rm(part, { force: true }).catch(() => {});
      throw inOurTerms(error, file.path);
    } finally {
      await this.#leave(jobId, job, upload);
    }
  }

  get #start(): string {
    return `.staged-${this.#options.nodeSlug}-`;
  }

  async #isOld(jobId: string, before: Date): Promise<boolean> {
    if (this.#receiving.has(jobId)) return false;
    const found = await stat(this.rootOf(jobId)).catch(() => undefined);
    return found !== undefined && found.mtimeMs < before.getTime() && !this.#receiving.has(jobId);
  }

  /** What becomes the job's workspace. */
  #workspaceOf(jobId: string): string {
    return join(this.rootOf(jobId), 'workspace');
  }

  #partsOf(jobId: string): string {
    return join(this.rootOf(jobId), 'parts');
  }

  async #join(jobId: string, upload: Upload): Promise<Receiving> {
    for (;;) {
      const known = this.#receiving.get(jobId);
      if (known?.ending !== undefined) {
        await known.ending;
        continue;
      }
      const stored = known?.stored ?? sizesBelow(this.#workspaceOf(jobId));
      // Whoever waits for it hears of its fault.
      stored.catch(() => {});
      const job = known ?? { uploads: new Set(), stored, ending: undefined };
      job.uploads.add(upload);
      this.#receiving.set(jobId, job);
      return job;
    }
  }

  /** The last to leave takes empty directories along; without a stored file nothing of the job stays. */
  async #leave(jobId: string, job: Receiving, upload: Upload): Promise<void> {
    job.uploads.delete(upload);
    if (job.uploads.size > 0) return;
    job.ending = (async () => {
      for (const dir of [this.#partsOf(jobId), this.#workspaceOf(jobId), this.rootOf(jobId)]) {
        await rmdir(dir).catch(() => {});
      }
      this.#receiving.delete(jobId);
    })();
    await job.ending;
  }

  async #prepare(jobId: string, job: Receiving): Promise<Map<string, number>> {
    let stored: Map<string, number>;
    try {
      await mkdir(this.#partsOf(jobId), { recursive: true, mode: 0o700 });
      await makeOwnedDir(this.#workspaceOf(jobId), 0o700).catch((error: unknown) => {
        if (errorCodeOf(error) !== 'EEXIST') throw error;
      });
      stored = await job.stored;
    } catch (cause) {
      throw unusable(cause);
    }
    const paths = new Set([...stored.keys(), ...[...job.uploads].map(({ file }) => file.path)]);
    if (paths.size > limits.inputFileCount) {
      const text = `a job may have at most ${limits.inputFileCount} input files`;
      throw new WorkerError('validation', text);
    }
    return stored;
  }

  /** Bytes of all files of the job that are here or coming, without the stored one this upload replaces. */
  #others(job: Receiving, stored: ReadonlyMap<string, number>, path: string): number {
    const coming = sum([...job.uploads].map(({ size }) => size));
    return sum(stored.values()) - (stored.get(path) ?? 0) + coming;
  }

  async #write(
    part: string,
    upload: Upload,
    content: AsyncIterable<Uint8Array>,
    bytesOfJob: () => number,
  ): Promise<void> {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const handle = await open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      for await (const chunk of content) {
        upload.size += chunk.length;
        if (bytesOfJob() > limits.stagedJobBytes) {
          const text = `the staged files of a job may have at most ${limits.stagedJobBytes} bytes together`;
          throw new WorkerError('staging_full', text);
        }
        await handle.writeFile(chunk);
      }
      await handle.chmod(Number.parseInt(upload.file.mode ?? '0644', 8));
    } finally {
      await handle.close();
    }
  }

  async #place(
    part: string,
    target: string,
    workspace: string,
    put: (from: string, to: string) => Promise<void> = rename,
  ): Promise<void> {
    const missing: string[] = [];
    for (let dir = dirname(target); dir !== workspace; dir = dirname(dir)) missing.unshift(dir);
    for (const dir of missing) {
      await makeOwnedDir(dir, 0o755).catch(async (error: unknown) => {
        if (errorCodeOf(error) !== 'EEXIST' || !(await lstat(dir)).isDirectory()) throw error;
      });
    }
    await put(part, target);
  }
}
