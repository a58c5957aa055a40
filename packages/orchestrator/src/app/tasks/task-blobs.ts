import type { InlineAttachment } from '@cynodeai/contracts';
import { OrchestratorError } from '../../domain/errors.ts';
import type { BlobWriter, StoredBlob } from '../../ports/blobs-writer.ts';

/** A decoded attachment. */
export interface AttachmentBytes {
  readonly name: string;
  readonly contentType: string | undefined;
  readonly bytes: Uint8Array;
}

export interface StoredAttachment extends StoredBlob {
  readonly name: string;
  readonly contentType: string | undefined;
}

/** Decodes inline attachments. @throws OrchestratorError `input_invalid` for a repeated name, `input_too_large`. */
export function decodeAttachments(
  attachments: readonly InlineAttachment[],
  maxBytes: number,
): readonly AttachmentBytes[] {
  const names = new Set<string>();
  return attachments.map(({ name, content_type: contentType, content_base64: text }, index) => {
    if (names.has(name)) {
      throw new OrchestratorError('input_invalid', 'attachment names must be unique in a task', {
        field: `attachments.${index}.name`,
      });
    }
    names.add(name);
    const bytes = Buffer.from(text, 'base64');
    if (bytes.length > maxBytes) {
      const size = `${maxBytes / 1024 / 1024} MiB`;
      throw new OrchestratorError('input_too_large', `an attachment may have at most ${size}`);
    }
    return { name, contentType, bytes };
  });
}

/** Removes blobs that no row names after all. */
export async function removeBlobs(blobs: BlobWriter, stored: readonly StoredBlob[]): Promise<void> {
  await Promise.all(stored.map((blob) => blobs.remove(blob.storageRef)));
}

/** Stores every attachment, or none when one of them fails. */
export async function storeBlobs(
  blobs: BlobWriter,
  attachments: readonly AttachmentBytes[],
): Promise<readonly StoredAttachment[]> {
  const outcomes = await Promise.allSettled(
    attachments.map(async ({ name, contentType, bytes }) => ({
      ...(await blobs.write(bytes)),
      name,
      contentType,
    })),
  );
  const stored = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = outcomes.find((one) => one.status === 'rejected');
  if (failed === undefined) return stored;
  await removeBlobs(blobs, stored);
  throw failed.reason;
}
