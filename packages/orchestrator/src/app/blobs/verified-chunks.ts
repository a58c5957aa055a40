import type { ContentHash } from '../../ports/blob-index.ts';

/** Bytes that are not what was stored. */
export class DamagedBlobError extends Error {
  constructor(storageRef: string) {
    super(
      `the stored content ${storageRef} is damaged: its bytes have another SHA-256 than when they were stored; restore it from a backup`,
    );
  }
}

/**
 * The same chunks. The last of them is held back until the hash of all is known, so that nobody who counts bytes takes
 * damaged content for whole.
 * @param hash a new one. @throws what `onDamage` makes, in place of the last chunk
 */
export async function* verifiedChunks(
  chunks: AsyncIterable<Uint8Array>,
  hash: ContentHash,
  sha256: string,
  onDamage: () => Promise<Error>,
): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined;
  for await (const chunk of chunks) {
    hash.update(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (hash.hex() !== sha256) throw await onDamage();
  if (held !== undefined) yield held;
}
