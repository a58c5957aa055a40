import { createHash } from 'node:crypto';
import { constants, rmSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { setImmediate as immediate } from 'node:timers/promises';
import { join } from 'node:path';
import type { JobArtifact } from '@cynodeai/contracts/common';
import { packFiles } from '@cynodeai/runtime/archive';
import type { ArchiveFile } from '@cynodeai/runtime/std';
import { filePieces, isDraft, writeFileAtomic } from '@cynodeai/runtime/files';
import type { Log } from '@cynodeai/runtime/observe';
import { errorCodeOf, messageOf } from '@cynodeai/runtime/std';
import { lookup } from 'mrmime';
import { isDiskFull, WorkerError } from '../../domain/errors.ts';
import type { Masker } from '../../domain/output/masker.ts';
import type { ArtifactKeeper, CollectedArtifacts } from '../../ports/artifacts.ts';
import { type FoundFile, type FoundFiles, findFiles } from './find-files.ts';

export interface FileArtifactsOptions {
  /** Absolute path; made on first use. Others may share it: this node keeps to a folder of its own in it. */
  readonly folder: string;
  readonly nodeSlug: string;
  /** Makes a tree readable for this process that another user of the engine owns. */
  readonly openTree: (path: string) => Promise<void>;
  readonly log: Log;
}

const ending = '.tar';
const archiveName = /^(?<job>[0-9a-f-]{36})\.tar$/;
/** One that was being written. */
const archiveDraft = /^\.[0-9a-f-]{36}\.tar\.[0-9a-f-]{36}\.tmp$/;
const unknownType = 'application/octet-stream';
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const none: CollectedArtifacts = { artifacts: [], omitted: 0 };
/** What is told of a folder that could not be looked through. */
const unread: CollectedArtifacts = {
  artifacts: [
    {
      name: '.',
      content_type: unknownType,
      size_bytes: 0,
      error: 'what the job left cannot be read',
    },
  ],
  omitted: 0,
};

function entryOf({ name, sizeBytes, executable }: FoundFile): JobArtifact {
  return {
    name,
    content_type: lookup(name) ?? unknownType,
    size_bytes: sizeBytes,
    ...(executable && { executable }),
  };
}

/** What the job left where it may be listed; opened for this process first where that is needed. */
async function lookThrough(
  jobDir: string,
  openTree: FileArtifactsOptions['openTree'],
): Promise<FoundFiles> {
  const folder = join(jobDir, 'artifacts');
  try {
    const found = await findFiles(folder);
    if (!found.files.some(({ closed }) => closed)) return found;
  } catch (error) {
    if (errorCodeOf(error) !== 'EACCES') throw error;
  }
  // Unlike what is in it, it is a folder of ours.
  await openTree(jobDir);
  return findFiles(folder);
}

/** Files on their way into the archive; what became of each is noted as it passes. */
class Passing {
  readonly entries: JobArtifact[] = [];
  readonly #files: readonly FoundFile[];
  readonly #masker: Masker | undefined;
  masked = false;

  constructor(files: readonly FoundFile[], masker: Masker | undefined) {
    this.#files = files;
    this.#masker = masker;
  }

  async *files(): AsyncGenerator<ArchiveFile> {
    for (const file of this.#files) {
      if (file.error === undefined) yield* this.#pass(file);
      else this.entries.push({ ...entryOf(file), error: file.error });
    }
  }

  async *#pass(file: FoundFile): AsyncGenerator<ArchiveFile> {
    const handle = await open(file.path, readFlags).catch(() => undefined);
    if (handle === undefined) {
      this.entries.push({ ...entryOf(file), error: 'it cannot be read' });
      return;
    }
    const hash = createHash('sha256');
    const { name, executable } = file;
    let { sizeBytes } = file;
    try {
      const whole = filePieces(handle, 0, sizeBytes);
      const masked = await this.#withoutSecrets(whole);
      sizeBytes = masked?.length ?? sizeBytes;
      yield { name, sizeBytes, executable, chunks: hashed(masked ? [masked] : whole, hash) };
    } finally {
      await handle.close();
    }
    this.entries.push({ ...entryOf(file), size_bytes: sizeBytes, ref: refOf(hash) });
  }

  /** A file of a job with secrets, which is read before its size is told; undefined for that of any other. */
  async #withoutSecrets(
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<Uint8Array | undefined> {
    if (this.#masker === undefined) return undefined;
    const parts: Uint8Array[] = [];
    const stream = this.#masker.stream();
    for await (const chunk of chunks) {
      parts.push(stream.write(chunk));
      // A search takes its time: whoever else waits has a turn between two pieces.
      await immediate();
    }
    parts.push(stream.finish());
    this.masked ||= stream.found;
    return Buffer.concat(parts);
  }
}

const refOf = (hash: ReturnType<typeof createHash>): string => `sha256:${hash.digest('hex')}`;

/** Files without those whose names hold a secret; undefined of a job without any. */
function withoutNamed(files: readonly FoundFile[], masker: Masker | undefined): FoundFile[] {
  return files.filter(({ name }) => masker?.masked(Buffer.from(name)) === undefined);
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Removes archives that lie beside the folders of nodes and were last written before that; says how many. */
async function removeForgotten(folder: string, before: Date): Promise<number> {
  let removed = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    if (!archiveName.test(name) && !archiveDraft.test(name)) continue;
    const path = join(folder, name);
    const facts = await lstat(path).catch(() => undefined);
    if (facts?.isFile() !== true || facts.mtimeMs >= before.getTime()) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}

/** @throws WorkerError `workspace_unusable` */
async function requireWritable(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await rm(await mkdtemp(join(folder, '.check-')), { recursive: true });
  } catch (cause) {
    const message = `the folder for what jobs leave, ${folder}, cannot be used, make it writable for the node: ${messageOf(cause)}`;
    throw new WorkerError('workspace_unusable', message, { cause });
  }
}

/** Kept files as one archive a job in a folder. See docs/reference/worker-api.md#artifacts. */
export function fileArtifacts(options: FileArtifactsOptions): ArtifactKeeper {
  const { nodeSlug, openTree, log } = options;
  const folder = join(options.folder, nodeSlug);
  const pathOf = (jobId: string): string => join(folder, `${jobId}${ending}`);

  const pack = async (
    jobId: string,
    { files: all, omitted: unlisted }: FoundFiles,
    masker: Masker | undefined,
  ): Promise<CollectedArtifacts> => {
    const files = withoutNamed(all, masker);
    const hidden = all.length - files.length;
    const omitted = unlisted + hidden;
    const passing = new Passing(files, masker);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFileAtomic(pathOf(jobId), packFiles(passing.files()));
      const masked = passing.masked || hidden > 0;
      return { artifacts: passing.entries, omitted, ...(masked && { masked }) };
    } catch (error) {
      log.error('what a job left could not be kept', { job_id: jobId, reason: messageOf(error) });
      const reason = isDiskFull(error)
        ? 'the disk of the node is full'
        : 'the node could not keep it';
      return {
        artifacts: files.map((file) => ({ ...entryOf(file), error: file.error ?? reason })),
        omitted,
      };
    }
  };

  return {
    check: () => requireWritable(folder),

    collect: async (jobId, jobDir, masker) => {
      try {
        const found = await lookThrough(jobDir, openTree);
        if (found.files.length > 0) return await pack(jobId, found, masker);
        return { ...none, omitted: found.omitted };
      } catch (error) {
        log.error('what a job left could not be read', { job_id: jobId, reason: messageOf(error) });
        return unread;
      }
    },

    open: async (jobId) => {
      try {
        const file = await open(pathOf(jobId), 'r');
        const { size } = await file.stat();
        // Closed when it has been read, and when its reader leaves.
        return { sizeBytes: size, chunks: file.createReadStream() };
      } catch (error) {
        if (errorCodeOf(error) === 'ENOENT') return undefined;
        throw error;
      }
    },

    remove: (jobId) => rmSync(pathOf(jobId), { force: true }),

    removeStrays: async (isKnown) => {
      let removed = 0;
      for (const name of await readdir(folder).catch(() => [])) {
        const jobId = archiveName.exec(name)?.groups?.['job'];
        if (jobId === undefined ? !isDraft(name) : isKnown(jobId)) continue;
        await rm(join(folder, name), { force: true });
        removed += 1;
      }
      return removed;
    },

    removeForgotten: (before) => removeForgotten(options.folder, before),
  };
}
