/**
 * The same chunks, up to a number of bytes.
 * @throws what `tooMany` makes, in place of the chunk that goes beyond
 */
export async function* boundedChunks(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  tooMany: () => Error,
): AsyncGenerator<Uint8Array> {
  let left = maxBytes;
  for await (const chunk of chunks) {
    left -= chunk.length;
    if (left < 0) throw tooMany();
    yield chunk;
  }
}
