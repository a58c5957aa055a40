import { messageOf } from '@cynodeai/runtime/std';
import type { WorkerAnswer } from '../../domain/dispatch/worker-answer.ts';
import type { BlobOpener, OpenBlob } from '../../ports/blobs.ts';
import type { ClaimedJob } from '../../ports/claims.ts';
import type { WorkerApi } from '../../ports/worker-api.ts';
import type { PreparedRequest, SourcedFile } from './prepare-request.ts';

export interface StageFilesDeps {
  readonly worker: Pick<WorkerApi, 'stageFile' | 'stageFolder' | 'reuseFolder'>;
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

/** Opens something stored, sends it and closes it. */
async function sent(
  what: string,
  open: () => Promise<OpenBlob>,
  send: (blob: OpenBlob) => Promise<'staged' | WorkerAnswer>,
): Promise<StagingFault | undefined> {
  let blob: OpenBlob;
  try {
    blob = await open();
  } catch (error) {
    return { kind: 'unreadable', message: `${what}: ${messageOf(error)}` };
  }
  try {
    const answer = await send(blob);
    return answer === 'staged' ? undefined : { kind: 'answered', answer };
  } finally {
    await blob.close();
  }
}

/**
 * Brings the job's folder and the files that do not fit into `jobs:run` to its node, one after the other and none
 * of them as a whole in memory; undefined when all are there.
 * See docs/reference/tasks-and-jobs.md#input-modes and docs/reference/worker-api.md#input-files.
 */
export async function stageFiles(
  { node, jobId }: Pick<ClaimedJob, 'node' | 'jobId'>,
  { staged, folder }: Pick<PreparedRequest, 'staged' | 'folder'>,
  { worker, blobs }: StageFilesDeps,
  { signal, onProgress }: StageFilesOptions,
): Promise<StagingFault | undefined> {
  const alive = ({ sizeBytes, chunks }: OpenBlob): Pick<OpenBlob, 'sizeBytes' | 'chunks'> => ({
    sizeBytes,
    chunks: watched(chunks, onProgress),
  });
  const isToBeSent =
    folder !== undefined && !(await worker.reuseFolder(node, jobId, folder.folder, { signal }));
  if (isToBeSent) {
    const { storageRef, folder: name } = folder;
    const fault = await sent(
      'the folder',
      () => blobs.open(storageRef),
      (blob) => worker.stageFolder(node, jobId, { folder: name, ...alive(blob) }, { signal }),
    );
    if (fault !== undefined) return fault;
  }
  for (const file of staged) {
    const { path, mode } = file;
    const fault = await sent(
      path,
      () => opened(file, blobs),
      (blob) => worker.stageFile(node, jobId, { path, mode, ...alive(blob) }, { signal }),
    );
    if (fault !== undefined) return fault;
  }
  return undefined;
}
