import type { InputFile, RunJobRequest } from '@cynodeai/contracts';
import type { InputFileReference } from '../../domain/jobs/job-payload.ts';
import { buildRunRequest } from '../../domain/jobs/run-request.ts';
import type { BlobReader } from '../../ports/blobs.ts';
import type { ClaimedJob, JobQueue } from '../../ports/dispatch.ts';

export interface PrepareRequestDeps {
  readonly queue: Pick<JobQueue, 'artifactRefs'>;
  readonly blobs: BlobReader;
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

function artifactIds(files: readonly InputFileReference[]): string[] {
  return files.flatMap(({ source }) => (source.kind === 'artifact' ? [source.artifact_id] : []));
}

async function bytesOf(
  { path, source }: InputFileReference,
  job: ClaimedJob,
  refs: ReadonlyMap<string, string>,
  blobs: BlobReader,
): Promise<Uint8Array> {
  switch (source.kind) {
    case 'text':
      return Buffer.from(source.text, 'utf8');
    case 'prompt':
      if (job.prompt === undefined) throw new Error(`${path}: the task has no text`);
      return Buffer.from(job.prompt, 'utf8');
    case 'artifact': {
      const ref = refs.get(source.artifact_id);
      if (ref === undefined) throw new Error(`${path}: the attachment is gone`);
      return blobs.read(ref);
    }
  }
}

/**
 * The request for a claimed job, its input files resolved to bytes. Contract 01 section 4.3 (REQ-ORCHES-0126).
 * Rejects when a file's content cannot be had.
 */
export async function prepareRequest(
  job: ClaimedJob,
  deps: PrepareRequestDeps,
): Promise<RunJobRequest> {
  const { input_files: files } = job.payload;
  const ids = artifactIds(files);
  const refs =
    ids.length === 0 ? new Map<string, string>() : await deps.queue.artifactRefs(job.taskId, ids);
  const inputFiles: InputFile[] = [];
  for (const file of files) {
    const content = await bytesOf(file, job, refs, deps.blobs);
    inputFiles.push({ path: file.path, mode: file.mode, content_base64: base64(content) });
  }
  return buildRunRequest({ ...job, inputFiles });
}
