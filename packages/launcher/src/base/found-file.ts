import { type FileHandle, open } from 'node:fs/promises';
import { type ArchiveFile, errorCodeOf } from '@cynodeai/runtime/std';

const pieceBytes = 256 * 1024;

/** As many bytes as were told, whatever the file has by now. */
async function* exactly(file: FileHandle, sizeBytes: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  while (at < sizeBytes) {
    const piece = Buffer.alloc(Math.min(pieceBytes, sizeBytes - at));
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    // Zeros where it was cut off meanwhile.
    const taken = bytesRead === 0 ? piece : piece.subarray(0, bytesRead);
    yield taken;
    at += taken.length;
  }
}

/**
 * A file for an archive, with as many bytes as it has when it is found; it is held open until the next one is asked
 * for, so that it may go meanwhile. None where it has gone already.
 * @param name of it in the archive
 */
export async function* foundFile(path: string, name: string): AsyncGenerator<ArchiveFile> {
  await using file = await open(path, 'r').catch((error: unknown) => {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return;
  const { size: sizeBytes } = await file.stat();
  yield { name, sizeBytes, executable: false, chunks: exactly(file, sizeBytes) };
}
