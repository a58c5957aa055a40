import { messageOf } from '@cynodeai/runtime/std';
import type { WorkerAnswer } from '../../domain/dispatch/worker-answer.ts';
import type { BlobOpener, OpenBlob } from '../../ports/blobs.ts';
import type { ClaimedJob } from '../../ports/claims.ts';
import type { WorkerApi } from '../../ports/worker-api.ts';
import type { SourcedFile } from './prepare-request.ts';

export interface StageFilesDeps {
  readonly worker: Pick<WorkerApi, 'stageFile'>;
  readonly blobs: BlobOpener;
}

export interface StageFilesOptions {
  /** Ends the staging. */
  readonly signal: AbortSignal;
  /** Called with every piece the node took: it is alive. */
  readonly onProgress: () => void;
}

/** Why a job cannot be sent. */
export type StagingFault =
  | { readonly kind: 'unreadable'; readonly message: string }
  /** What the node made of it; nothing ran. */
  | { readonly kind: 'answered'; readonly answer: WorkerAnswer };

async function* watched(
  chunks: AsyncIterable<Uint8Array>,
  onProgress: () => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onProgress();
    yield chunk;
  }
}

async function opened({ source, sizeBytes }: SourcedFile, blobs: BlobOpener): Promise<OpenBlob> {
  if (source.kind === 'blob') return blobs.open(source.storageRef);
  const { bytes } = source;
  const once = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes;
  };
  return { sizeBytes, chunks: once(), close: async () => {} };
}

/**
 * Brings the files that do not fit into `jobs:run` to the job's node, one after the other and none
 * of them as a whole in memory; undefined when all are there.
 * See docs/reference/tasks-and-jobs.md#input-modes and docs/reference/worker-api.md#input-files.
 */
export async function stageFiles(
  job: ClaimedJob,
  files: readonly SourcedFile[],
  deps: StageFilesDeps,
  { signal, onProgress }: StageFilesOptions,
): Promise<StagingFault | undefined> {
  for (const file of files) {
    let blob: OpenBlob;
    try {
      blob = await opened(file, deps.blobs);
    } catch (error) {
      return { kind: 'unreadable', message: `${file.path}: ${messageOf(error)}` };
    }
    try {
      const { path, mode } = file;
      const { sizeBytes, chunks } = blob;
      const toStage = { path, mode, sizeBytes, chunks: watched(chunks, onProgress) };
      const answer = await deps.worker.stageFile(job.node, job.jobId, toStage, { signal });
      if (answer !== 'staged') return { kind: 'answered', answer };
    } finally {
      await blob.close();
    }
  }
  return undefined;
}
