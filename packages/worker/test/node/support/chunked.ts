/** A body of `bytes` bytes without a length header, in pieces of 64 KiB. */
export function chunked(bytes: number): ReadableStream {
  const piece = new TextEncoder().encode('x'.repeat(65_536));
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      controller.enqueue(piece.subarray(0, Math.min(left, piece.length)));
      left -= piece.length;
    },
  });
}
