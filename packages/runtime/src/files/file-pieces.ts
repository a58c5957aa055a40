import type { FileHandle } from 'node:fs/promises';

const pieceBytes = 64 * 1024;

/**
 * So many bytes of an open file from a position on, or as many as there are. A read stream would cost a small file more
 * than its bytes.
 */
export async function* filePieces(
  file: Pick<FileHandle, 'read'>,
  first: number,
  sizeBytes: number,
): AsyncGenerator<Uint8Array, void> {
  for (let done = 0; done < sizeBytes;) {
    const length = Math.min(pieceBytes, sizeBytes - done);
    const { buffer, bytesRead } = await file.read(
      Buffer.allocUnsafe(length),
      0,
      length,
      first + done,
    );
    if (bytesRead === 0) return;
    done += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
