import { once } from 'node:events';
import { type Pack, pack } from 'tar-stream';
import type { ArchiveFile } from '../std/index.ts';

/** The same bytes make the same archive, whenever it is made. */
const mtime = new Date(0);

/** Bytes that are handed on together: of a small file come three pieces, and each costs its reader a turn. */
const pieceBytes = 64 * 1024;

async function addFile(archive: Pack, file: ArchiveFile, signal: AbortSignal): Promise<void> {
  const { name, sizeBytes, executable, chunks } = file;
  const entry = archive.entry({
    name,
    size: sizeBytes,
    mode: executable ? 0o755 : 0o644,
    mtime,
  });
  const closed = once(entry, 'close', { signal });
  closed.catch(() => {});
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    if (!entry.write(chunk)) await once(entry, 'drain', { signal });
  }
  entry.end();
  await closed;
}

async function addFiles(
  archive: Pack,
  files: AsyncIterable<ArchiveFile> | Iterable<ArchiveFile>,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const file of files) await addFile(archive, file, signal);
    archive.finalize();
  } catch (error) {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

async function* joined(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.length;
    if (size < pieceBytes) continue;
    yield Buffer.concat(parts, size);
    parts = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(parts, size);
}

/**
 * Files as one tar archive, made while it is read.
 * @throws what `files` or their bytes throw, and where a file has not the size it names
 */
export async function* packFiles(
  files: AsyncIterable<ArchiveFile> | Iterable<ArchiveFile>,
): AsyncGenerator<Uint8Array, void> {
  const archive = pack();
  const left = new AbortController();
  const adding = addFiles(archive, files, left.signal);
  try {
    yield* joined(archive as AsyncIterable<Uint8Array>);
  } finally {
    left.abort();
    archive.destroy();
    await adding;
  }
}
