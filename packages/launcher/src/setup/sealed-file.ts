import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { writeFileAtomic } from '@cynodeai/runtime/files';
import { packFiles, unpackFiles } from '@cynodeai/runtime/archive';
import { type ArchiveFile, errorCodeOf, messageOf } from '@cynodeai/runtime/std';
import { Decrypter, Encrypter } from 'age-encryption';
import { LauncherError } from '../base/launcher-error.ts';

/** Nothing shorter withstands those who try out many. */
export const minPassphraseChars = 8;

/** Small pieces first: their compression is quick. */
const gzip = { level: 1 } as const;

/** Work to make a key of a passphrase, as a power of two: a second or more for each one that is tried out. */
const defaultWork = 18;

/** Files as a tar archive, compressed and encrypted. */
async function* sealedBytes(
  files: AsyncIterable<ArchiveFile>,
  passphrase: string,
  work: number,
): AsyncGenerator<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(work);
  const packed = Readable.from(packFiles(files), { objectMode: false });
  const zipped = createGzip(gzip);
  const packing = pipeline(packed, zipped);
  packing.catch(() => {});
  yield* await encrypter.encrypt(Readable.toWeb(zipped) as ReadableStream<Uint8Array>);
  await packing;
}

/**
 * Writes files as a tar archive, compressed and encrypted by the passphrase, in the format of `age` (`age -d`); it
 * appears whole or not at all, readable by its owner alone.
 * @throws LauncherError `usage` where it cannot be written, and what `files` throw
 */
export async function sealFiles(
  path: string,
  files: AsyncIterable<ArchiveFile>,
  passphrase: string,
  work = defaultWork,
): Promise<void> {
  let fault: { readonly cause: unknown } | undefined;
  const content = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* sealedBytes(files, passphrase, work);
    } catch (cause) {
      fault = { cause };
      throw cause;
    }
  };
  try {
    await writeFileAtomic(path, content());
  } catch (cause) {
    if (fault !== undefined) throw fault.cause;
    const why = errorCodeOf(cause) ?? messageOf(cause);
    throw new LauncherError('usage', `cannot write ${path}: ${why}`, { cause });
  }
}

/** Who reads a file meets what is wrong with the archive. */
async function* inOurWords(
  chunks: AsyncIterable<Uint8Array>,
  told: (cause: unknown) => LauncherError,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (cause) {
    throw told(cause);
  }
}

/** The files of a sealed archive, once. @throws LauncherError `usage` with another passphrase, or where it is none or damaged */
export async function* openSealed(path: string, passphrase: string): AsyncGenerator<ArchiveFile> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  const source = createReadStream(path);
  // What goes wrong with it comes through the stream made of it.
  source.on('error', () => {});
  const damaged = (cause: unknown): LauncherError => {
    const why = errorCodeOf(cause) ?? '';
    const text = /ENOENT|EACCES|EISDIR/.test(why)
      ? `cannot read ${path}: ${why}`
      : `${path} is no backup of cynode, or is damaged or cut off`;
    return new LauncherError('usage', text, { cause });
  };
  let opened: ReadableStream<Uint8Array>;
  try {
    opened = await decrypter.decrypt(Readable.toWeb(source) as ReadableStream<Uint8Array>);
  } catch (cause) {
    source.destroy();
    const isOther = /no identity matched/.test(messageOf(cause));
    if (isOther)
      throw new LauncherError('usage', `the passphrase does not open ${path}`, { cause });
    throw damaged(cause);
  }
  const unzipped = createGunzip();
  const reading = pipeline(Readable.fromWeb(opened as never), unzipped);
  reading.catch(() => {});
  try {
    for await (const file of unpackFiles(unzipped)) {
      yield { ...file, chunks: inOurWords(file.chunks, damaged) };
    }
    await reading;
  } catch (cause) {
    throw cause instanceof LauncherError ? cause : damaged(cause);
  } finally {
    unzipped.destroy();
    source.destroy();
  }
}
