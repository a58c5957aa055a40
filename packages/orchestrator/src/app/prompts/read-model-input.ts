import {
  type PromptFile,
  attachmentTextBytes,
  modelInput,
} from '../../domain/prompts/model-input.ts';
import { attachmentFolder } from '../../domain/tasks/task-record.ts';
import type { BlobOpener } from '../../ports/blobs.ts';
import type { GivenInput, TaskFile } from '../../ports/task-input.ts';

/** The first bytes of a blob, and no more of it in memory. */
async function startOf({ storageRef }: TaskFile, blobs: BlobOpener): Promise<Uint8Array> {
  const blob = await blobs.open(storageRef);
  try {
    const start = new Uint8Array(Math.min(blob.sizeBytes, attachmentTextBytes));
    let filled = 0;
    for await (const chunk of blob.chunks) {
      const piece = chunk.subarray(0, start.length - filled);
      start.set(piece, filled);
      filled += piece.length;
      if (filled === start.length) break;
    }
    return start.subarray(0, filled);
  } finally {
    await blob.close();
  }
}

/**
 * What a model is given for a task: prompt and attachments.
 * See docs/reference/tasks-and-jobs.md#attachments (REQ-ORCHES-0126). Rejects when an attachment
 * cannot be read.
 */
export async function readModelInput(input: GivenInput, blobs: BlobOpener): Promise<string> {
  const files: PromptFile[] = [];
  for (const file of input.files) {
    const { path, contentType, sizeBytes } = file;
    const name = path.slice(attachmentFolder.length);
    files.push({ name, contentType, sizeBytes, start: await startOf(file, blobs) });
  }
  return modelInput(input.prompt, files);
}
