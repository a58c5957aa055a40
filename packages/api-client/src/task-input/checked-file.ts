import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { TaskInputError } from './task-input-error.ts';

const openReasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'cannot be read: permission denied',
  EPERM: 'cannot be read: permission denied',
  ELOOP: 'is a symbolic link; name the file itself',
  ENXIO: 'is not a regular file',
  ENAMETOOLONG: 'has too long a name',
};

function reasonOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return (typeof code === 'string' && openReasons[code]) || 'cannot be read';
}

async function openFile(path: string): Promise<FileHandle> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    return await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (cause) {
    throw new TaskInputError(`${path} ${reasonOf(cause)}`, { cause });
  }
}

/** Reads to the end, or one byte past the limit: the size seen before may be outdated by then. */
async function readUpTo(file: FileHandle, sizeHint: number, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total <= maxBytes) {
    const room = maxBytes + 1 - total;
    const chunk = Buffer.allocUnsafe(Math.min(room, Math.max(sizeHint - total + 1, 4096)));
    const { bytesRead } = await file.read(chunk, 0, chunk.length);
    if (bytesRead === 0) break;
    total += bytesRead;
    chunks.push(chunk.subarray(0, bytesRead));
  }
  return Buffer.concat(chunks, total);
}

const units = [
  [1024 * 1024, 'MiB'],
  [1024, 'KiB'],
] as const;

/** `10 MiB`, `256 KiB` or plain bytes, whichever is exact. */
export function sizeText(bytes: number): string {
  const unit = units.find(([size]) => bytes % size === 0);
  return unit === undefined ? `${bytes} bytes` : `${bytes / unit[0]} ${unit[1]}`;
}

/** Opens a regular file of at most `maxBytes`; the caller closes it. */
async function openChecked(
  path: string,
  maxBytes: number,
): Promise<{ readonly file: FileHandle; readonly sizeBytes: number }> {
  const file = await openFile(path);
  try {
    const stat = await file.stat();
    if (stat.isDirectory()) throw new TaskInputError(`${path} is a directory`);
    if (!stat.isFile()) throw new TaskInputError(`${path} is not a regular file`);
    if (stat.size > maxBytes) throw tooLarge(path, maxBytes);
    return { file, sizeBytes: stat.size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function tooLarge(path: string, maxBytes: number): TaskInputError {
  return new TaskInputError(`${path} is larger than ${sizeText(maxBytes)}`);
}

/**
 * The bytes of a regular file of at most `maxBytes`. Checked and read through one handle, opened without following
 * a link and without waiting for a FIFO's writer, so that it cannot be swapped in between.
 * @throws TaskInputError naming the path and the rule it breaks.
 * See docs/reference/cli.md#create-a-task.
 */
async function readCheckedFile(path: string, maxBytes: number): Promise<Buffer> {
  const { file, sizeBytes } = await openChecked(path, maxBytes);
  try {
    const bytes = await readUpTo(file, sizeBytes, maxBytes);
    if (bytes.length > maxBytes) throw tooLarge(path, maxBytes);
    return bytes;
  } finally {
    await file.close();
  }
}

/** A checked file that is read while it is sent; nobody can put another in its place. */
export interface CheckedFile extends AsyncDisposable {
  readonly sizeBytes: number;
  /**
   * Its bytes from the beginning, as many as `sizeBytes` says.
   * @throws TaskInputError when the file has become shorter meanwhile
   */
  chunks(): AsyncIterable<Uint8Array>;
}

const chunkBytes = 64 * 1024;

async function* pieces(
  file: FileHandle,
  path: string,
  sizeBytes: number,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < sizeBytes;) {
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, sizeBytes - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) throw new TaskInputError(`${path} became shorter while it was sent`);
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Like `readCheckedFile`, but nothing of it is read before it is sent. */
export async function openCheckedFile(path: string, maxBytes: number): Promise<CheckedFile> {
  const { file, sizeBytes } = await openChecked(path, maxBytes);
  return {
    sizeBytes,
    chunks: () => pieces(file, path, sizeBytes),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** Whether the bytes begin with the mark of a text of 16-bit units, as some editors of Windows write it. */
function isUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** Like `readCheckedFile`, for text: it must be well-formed UTF-8 and not empty. */
export async function readCheckedText(path: string, maxBytes: number): Promise<string> {
  return textOf(path, await readCheckedFile(path, maxBytes));
}

/** Bytes that must be well-formed UTF-8 and not empty. @throws TaskInputError naming where they are from */
export function textOf(path: string, bytes: Buffer): string {
  if (bytes.length === 0) throw new TaskInputError(`${path} is empty`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const what = isUtf16(bytes) ? 'UTF-16 text; save it as UTF-8' : 'not valid UTF-8 text';
    throw new TaskInputError(`${path} is ${what}`, { cause });
  }
}
