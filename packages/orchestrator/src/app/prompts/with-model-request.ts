import type { InputFileReference } from '../../domain/jobs/job-payload.ts';
import { modelRequest } from '../../domain/prompts/model-request.ts';
import type { BlobOpener } from '../../ports/blobs.ts';
import type { ClaimedJob } from '../../ports/claims.ts';
import type { TaskInput } from '../../ports/task-input.ts';
import { readModelInput } from './read-model-input.ts';

export interface WithModelRequestDeps {
  readonly input: Pick<TaskInput, 'read'>;
  readonly blobs: BlobOpener;
}

/**
 * The job with the body of its model call as the text of a file, made from what is stored of the
 * task: the very body that the direct call sent. Jobs without one stay as they are.
 * See docs/reference/inference.md#prompts.
 */
export async function withModelRequest(
  job: ClaimedJob,
  deps: WithModelRequestDeps,
): Promise<ClaimedJob> {
  const { input_files: files } = job.payload;
  if (!files.some(({ source }) => source.kind === 'model_request')) return job;
  const input = await readModelInput(await deps.input.read(job.taskId), deps.blobs);
  const resolved = files.map((file): InputFileReference => {
    if (file.source.kind !== 'model_request') return file;
    const { model, context_tokens: tokens } = file.source;
    const text = JSON.stringify(modelRequest(model, input, tokens));
    return { ...file, source: { kind: 'text', text } };
  });
  return { ...job, payload: { ...job.payload, input_files: resolved } };
}
