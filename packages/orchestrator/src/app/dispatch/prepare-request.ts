import { limits, utf8Bytes } from '@cynodeai/contracts/common';
import type { InputFile, RunJobRequest } from '@cynodeai/contracts/worker-api';
import { splitInputFiles } from '../../domain/dispatch/split-input-files.ts';
import type { InputFileReference } from '../../domain/jobs/job-payload.ts';
import { buildRunRequest } from '../../domain/jobs/run-request.ts';
import type { BlobOpener, BlobReader } from '../../ports/blobs.ts';
import type { ClaimedJob } from '../../ports/claims.ts';
import type { JobSecrets } from '../../ports/secrets.ts';
import type { TaskInput } from '../../ports/task-input.ts';

export interface PrepareRequestDeps {
  readonly input: Pick<TaskInput, 'artifactRefs' | 'folderRef'>;
  readonly blobs: BlobReader & BlobOpener;
  readonly secrets: JobSecrets;
}

/** Bytes of an input file: in memory, or still in storage. */
export type FileSource =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'blob'; readonly storageRef: string };

/** An input file whose bytes can be had. */
export interface SourcedFile {
  /** Below `/workspace`. */
  readonly path: string;
  readonly mode: InputFileReference['mode'];
  readonly sizeBytes: number;
  readonly source: FileSource;
}

/** A request, and the files its node must have before it. */
export interface PreparedRequest {
  readonly request: RunJobRequest;
  readonly staged: readonly SourcedFile[];
  /** The folder that is the job's workspace, and where its archive is. */
  readonly folder?: { readonly folder: string; readonly storageRef: string };
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

function artifactIds(files: readonly InputFileReference[]): string[] {
  return files.flatMap(({ source }) => (source.kind === 'artifact' ? [source.artifact_id] : []));
}

async function sizeOf(storageRef: string, blobs: BlobOpener): Promise<number> {
  const blob = await blobs.open(storageRef);
  await blob.close();
  return blob.sizeBytes;
}

async function sourced(
  { path, mode, source }: InputFileReference,
  job: ClaimedJob,
  refs: ReadonlyMap<string, string>,
  blobs: BlobOpener,
): Promise<SourcedFile> {
  if (source.kind === 'artifact') {
    const storageRef = refs.get(source.artifact_id);
    if (storageRef === undefined) throw new Error(`${path}: the attachment is gone`);
    const sizeBytes = await sizeOf(storageRef, blobs);
    return { path, mode, sizeBytes, source: { kind: 'blob', storageRef } };
  }
  const text = source.kind === 'text' ? source.text : job.prompt;
  if (text === undefined) throw new Error(`${path}: the task has no text`);
  const bytes = Buffer.from(text, 'utf8');
  return { path, mode, sizeBytes: bytes.length, source: { kind: 'bytes', bytes } };
}

async function inlined(file: SourcedFile, blobs: BlobReader): Promise<InputFile> {
  const { path, mode, source } = file;
  const bytes = source.kind === 'bytes' ? source.bytes : await blobs.read(source.storageRef);
  return { path, mode, content_base64: base64(bytes) };
}

/**
 * The request for a claimed job. Input files ride in it as far as they fit into the node's body
 * limit; the others must be staged first. See docs/reference/tasks-and-jobs.md#input-modes
 * (REQ-ORCHES-0126). Rejects when a file's content cannot be had.
 */
export async function prepareRequest(
  job: ClaimedJob,
  deps: PrepareRequestDeps,
): Promise<PreparedRequest> {
  const { input_files: files } = job.payload;
  const ids = artifactIds(files);
  const refs =
    ids.length === 0 ? new Map<string, string>() : await deps.input.artifactRefs(job.taskId, ids);
  const sources = await Promise.all(files.map((file) => sourced(file, job, refs, deps.blobs)));
  const secrets = await deps.secrets.read(job.taskId, job.payload.secrets ?? []);
  const bare = utf8Bytes(JSON.stringify(buildRunRequest({ ...job, secrets, inputFiles: [] })));
  const { inline, staged } = splitInputFiles(
    sources,
    // The field's own name and brackets come with the first file.
    limits.requestBodyBytes - bare - 64,
  );
  const inputFiles: InputFile[] = [];
  for (const file of inline) inputFiles.push(await inlined(file, deps.blobs));
  const request = buildRunRequest({ ...job, secrets, inputFiles });
  const { folder } = job.payload;
  if (folder === undefined) return { request, staged };
  const storageRef = await deps.input.folderRef(job.taskId);
  if (storageRef === undefined) throw new Error('the folder of the task is gone');
  return { request, staged, folder: { folder, storageRef } };
}
