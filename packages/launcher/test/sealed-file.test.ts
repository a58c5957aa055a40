import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchiveFile } from '@cynodeai/runtime/std';
import { temporaryDirectory } from '@cynodeai/testing';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openSealed, sealFiles } from '../src/setup/sealed-file.ts';

const passphrase = 'four words of a kind';

async function folder(): Promise<string> {
  const dir = await temporaryDirectory();
  onTestFinished(() => dir[Symbol.asyncDispose]());
  return dir.path;
}

async function* piecesOf(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** Bytes that no compression makes smaller, the same each time. */
function noise(count: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(count / 32) }, (_, index) =>
    createHash('sha256').update(String(index)).digest(),
  );
  return Buffer.concat(blocks).subarray(0, count);
}

const contents: readonly (readonly [string, Buffer])[] = [
  ['first', Buffer.from('one')],
  ['empty', Buffer.alloc(0)],
  ['a/folder/large', noise(700_000)],
];

async function* files(): AsyncGenerator<ArchiveFile> {
  for (const [name, bytes] of contents) {
    yield { name, sizeBytes: bytes.length, executable: false, chunks: piecesOf(bytes) };
  }
}

/** A key is slow to make on purpose, but for all of these. */
const work = 4;

let original: Buffer;

beforeAll(async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, 'sealed');
  await sealFiles(path, files(), passphrase, work);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  // Of many pieces, each sealed by itself.
  expect(statSync(path).size).toBeGreaterThan(700_000);
  original = readFileSync(path);
});

async function sealed(): Promise<string> {
  const path = join(await folder(), 'sealed');
  writeFileSync(path, original);
  return path;
}

async function read(path: string, word = passphrase): Promise<[string, Buffer][]> {
  const found: [string, Buffer][] = [];
  for await (const { name, chunks } of openSealed(path, word)) {
    const pieces: Uint8Array[] = [];
    for await (const piece of chunks) pieces.push(piece);
    found.push([name, Buffer.concat(pieces)]);
  }
  return found;
}

describe('a sealed file', () => {
  it('gives back what went in, and shows nothing of it', async () => {
    const path = await sealed();
    expect(await read(path)).toEqual(contents);
    expect(readFileSync(path, 'latin1')).toMatch(/^age-encryption\.org\/v1\n-> scrypt /);
    expect(readFileSync(path, 'latin1')).not.toContain('folder');
  });

  it('is not opened by another passphrase', async () => {
    await expect(read(await sealed(), 'another passphrase')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('does not open'),
    });
  });

  it.each([
    ['cut off by a byte', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['cut off in the middle', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
    ['cut off in its head', (bytes: Buffer) => bytes.subarray(0, 50)],
    [
      'changed in the middle',
      (bytes: Buffer) => bytes.fill('x', bytes.length >> 1, (bytes.length >> 1) + 1),
    ],
    ['changed at its end', (bytes: Buffer) => bytes.fill('x', bytes.length - 1)],
    ['longer than it was', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('more')])],
    ['empty', () => Buffer.alloc(0)],
    ['something else', () => Buffer.from('hello')],
  ])('that is %s is said to be damaged', async (_how, damage) => {
    const path = await sealed();
    writeFileSync(path, damage(readFileSync(path)));
    await expect(read(path)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('is damaged or cut off'),
    });
  });

  it('takes the work of 2^18 to open unless told otherwise', async () => {
    const path = join(await folder(), 'sealed');
    await sealFiles(path, files(), passphrase);
    expect(readFileSync(path, 'latin1')).toMatch(/^age-encryption\.org\/v1\n-> scrypt \S+ 18\n/);
  });

  it('that is not there, or cannot be written, is named', async () => {
    const dir = await folder();
    await expect(read(join(dir, 'none'))).rejects.toThrow(`cannot read ${dir}/none: ENOENT`);
    const inside = join(dir, 'no', 'folder');
    await expect(sealFiles(inside, files(), passphrase, work)).rejects.toThrow(
      `cannot write ${inside}`,
    );
  });

  it('is one of two that are written at once, whole', async () => {
    const dir = await folder();
    const path = join(dir, 'sealed');
    const [started, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = async function* (): AsyncGenerator<ArchiveFile> {
      started.resolve();
      yield* files();
      await go.promise;
    };
    const first = sealFiles(path, slow(), passphrase, work);
    await started.promise;
    await sealFiles(path, files(), passphrase, work);
    expect(await read(path)).toEqual(contents);
    go.resolve();
    await first;
    expect(await read(path)).toEqual(contents);
    expect(readdirSync(dir)).toEqual(['sealed']);
  });

  it('leaves nothing behind where its files cannot be had, and an older one as it was', async () => {
    const dir = await folder();
    const path = join(dir, 'sealed');
    writeFileSync(path, 'older');
    const broken = async function* (): AsyncGenerator<ArchiveFile> {
      yield* files();
      throw new Error('the disk is gone');
    };
    await expect(sealFiles(path, broken(), passphrase, work)).rejects.toThrow('the disk is gone');
    expect(readdirSync(dir)).toEqual(['sealed']);
    expect(readFileSync(path, 'utf8')).toBe('older');
  });
});
