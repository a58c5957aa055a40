import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { type ArchiveFile, CodedError, messageOf } from '../std/index.ts';

/** Bytes that are no archive, or not a whole one. */
export class ArchiveError extends CodedError<'archive'> {}

/**
 * A stream of the library ends without a word for who pipes it when its archive does; an iterator is told. Whoever
 * leaves it early does not end the archive, as the end of the stream itself would.
 */
async function* bytesOf(
  entry: AsyncIterable<Uint8Array>,
  told: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  const pieces = entry[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = await pieces.next().catch((error: unknown) => {
      throw told(error);
    });
    if (done === true) return;
    yield value;
  }
}

/**
 * The files of a tar archive in their order; what is no regular file is left out. The bytes of each must be read or
 * left before the next is asked for. Nothing in an archive is to be trusted: the caller judges names, counts and sizes.
 * @throws what `chunks` throws; ArchiveError for what is no archive or ends in the middle of a file
 */
export async function* unpackFiles(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<ArchiveFile, void> {
  const archive = extract();
  const source = Readable.from(chunks, { objectMode: false });
  source.on('error', (error) => archive.destroy(error));
  source.pipe(archive);
  const told = (error: unknown): unknown =>
    source.errored ?? new ArchiveError('archive', messageOf(error), { cause: error });
  const entries = archive[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value: entry, done } = await entries.next().catch((error: unknown) => {
        throw told(error);
      });
      if (done === true) return;
      const { name, size = 0, mode = 0, type } = entry.header;
      if (type === 'file') {
        const executable = (mode & 0o100) !== 0;
        yield { name, sizeBytes: size, executable, chunks: bytesOf(entry, told) };
      }
      entry.resume();
    }
  } finally {
    source.destroy();
    archive.destroy();
  }
}
