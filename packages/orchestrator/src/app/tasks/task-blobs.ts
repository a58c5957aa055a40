import { limits } from '@cynodeai/contracts/common';
import { type InlineAttachment, attachmentNameSchema } from '@cynodeai/contracts/gateway';
import { boundedChunks } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { BlobWriter, StoredBlob } from '../../ports/blobs-writer.ts';

/** A file on its way in. */
export interface IncomingFile {
  readonly name: string;
  readonly contentType: string | undefined;
  /** The bytes, once. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface StoredAttachment extends StoredBlob {
  readonly name: string;
  readonly contentType: string | undefined;
}

function refuse(index: number, message: string): never {
  throw new OrchestratorError('input_invalid', message, { field: `attachments.${index}.name` });
}

/** Count, name and uniqueness of one more attachment. */
function checkName(name: string, before: readonly StoredAttachment[], index: number): void {
  if (before.length >= limits.attachmentCount) {
    const message = `a task may have at most ${limits.attachmentCount} attachments`;
    throw new OrchestratorError('input_invalid', message, { field: 'attachments' });
  }
  const parsed = attachmentNameSchema.safeParse(name);
  if (!parsed.success) refuse(index, parsed.error.issues[0]?.message ?? 'must be a file name');
  if (before.some((one) => one.name === name)) {
    refuse(index, 'attachment names must be unique in a task');
  }
}

function tooLarge(): OrchestratorError {
  const mib = limits.attachmentBytes / 1024 / 1024;
  return new OrchestratorError('input_too_large', `an attachment may have at most ${mib} MiB`);
}

/**
 * Stores attachments as they arrive, beside the ones a task has already, or none when one of them
 * fails. See docs/reference/tasks-and-jobs.md#attachments.
 * @throws OrchestratorError `input_invalid`, `input_too_large`, and what `files` throws
 */
export async function storeAttachments(
  blobs: BlobWriter,
  files: AsyncIterable<IncomingFile> | Iterable<IncomingFile>,
  before: readonly StoredAttachment[] = [],
): Promise<readonly StoredAttachment[]> {
  const stored: StoredAttachment[] = [];
  try {
    for await (const { name, contentType, chunks } of files) {
      checkName(name, [...before, ...stored], stored.length);
      const bounded = boundedChunks(chunks, limits.attachmentBytes, tooLarge);
      stored.push({ ...(await blobs.writeStream(bounded)), name, contentType });
    }
    return stored;
  } catch (error) {
    await blobs.withdraw(stored);
    throw error;
  }
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Stores attachments that came inside the JSON body, as `storeAttachments` does. */
export function storeInline(
  blobs: BlobWriter,
  attachments: readonly InlineAttachment[],
  before: readonly StoredAttachment[],
): Promise<readonly StoredAttachment[]> {
  const files = attachments.map(({ name, content_type: contentType, content_base64: text }) => ({
    name,
    contentType,
    chunks: oneChunk(Buffer.from(text, 'base64')),
  }));
  return storeAttachments(blobs, files, before);
}
