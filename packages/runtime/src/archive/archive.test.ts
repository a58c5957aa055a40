import { execFileSync } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { temporaryDirectory } from '@cynodeai/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArchiveFile } from '../std/index.ts';
import { packFiles, unpackFiles } from './index.ts';

async function* pieces(bytes: Uint8Array, length = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

const file = (name: string, bytes: Uint8Array, executable = false): ArchiveFile => ({
  name,
  sizeBytes: bytes.length,
  executable,
  chunks: pieces(bytes),
});

const long = `${'folder/'.repeat(40)}end`;

interface Unpacked {
  readonly name: string;
  readonly text: string;
  readonly executable: boolean;
}

async function unpacked(chunks: AsyncIterable<Uint8Array>): Promise<readonly Unpacked[]> {
  const found: Unpacked[] = [];
  for await (const { name, executable, chunks: content } of unpackFiles(chunks)) {
    found.push({ name, text: (await buffer(content)).toString('latin1'), executable });
  }
  return found;
}

describe('an archive', () => {
  it('gives back what was put into it, whatever the names and sizes', async () => {
    const name = fc.stringMatching(/^[^\0/]{1,40}$/u).filter((text) => text.isWellFormed());
    const one = fc.record({
      name: fc.oneof(name, fc.constant(long)),
      bytes: fc.uint8Array({ maxLength: 5000 }),
      executable: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 5 }), async (files) => {
        const packed = packFiles(files.map((each) => file(each.name, each.bytes, each.executable)));
        const expected = files.map((each) => ({
          name: each.name,
          text: Buffer.from(each.bytes).toString('latin1'),
          executable: each.executable,
        }));
        expect(await unpacked(packed)).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('is one for the tar of the system, both ways', async () => {
    await using dir = await temporaryDirectory();
    const bytes = Buffer.alloc(3_000_000, 'x');
    const packed = packFiles([file('bin/run', bytes, true), file(long, Buffer.from('deep'))]);
    await writeFile(join(dir.path, 'a.tar'), packed);
    await mkdir(join(dir.path, 'out'));
    execFileSync('tar', ['-xf', 'a.tar', '-C', 'out'], { cwd: dir.path });
    expect(await readFile(join(dir.path, 'out/bin/run'))).toEqual(bytes);
    expect((await stat(join(dir.path, 'out/bin/run'))).mode & 0o111).not.toBe(0);
    expect(await readFile(join(dir.path, 'out', long), 'utf8')).toBe('deep');

    const back = execFileSync('tar', ['-c', '-C', 'out', '.'], {
      cwd: dir.path,
      maxBuffer: 1e8,
    });
    expect((await unpacked(pieces(back, 7777))).map(({ name }) => name).toSorted()).toEqual([
      './bin/run',
      `./${long}`,
    ]);
  });

  it('has only regular files', async () => {
    await using dir = await temporaryDirectory();
    execFileSync(
      'sh',
      ['-c', 'ln -s /etc/passwd link; ln /etc/hostname hard 2>/dev/null; mkfifo pipe; echo a > a'],
      { cwd: dir.path },
    );
    const all = execFileSync('tar', ['-c', '.'], { cwd: dir.path });
    expect((await unpacked(pieces(all))).map(({ name }) => name)).toContain('./a');
    expect((await unpacked(pieces(all))).map(({ name }) => name)).not.toContain('./link');
  });

  it.each([
    ['is no archive', Buffer.alloc(2000, 'x')],
    ['ends too early', undefined],
  ])('that %s is refused', async (_what, bytes) => {
    const whole = await buffer(packFiles([file('a', Buffer.alloc(10_000))]));
    await expect(unpacked(pieces(bytes ?? whole.subarray(0, 5000)))).rejects.toThrow(/\w/);
  });

  it('fails with what its files fail with, and a file that is shorter than it says is one', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(100_000);
      throw new Error('the disk is gone');
    };
    const failing = packFiles([{ ...file('a', Buffer.alloc(200_000)), chunks: broken() }]);
    await expect(buffer(failing)).rejects.toThrow('the disk is gone');
    const short = packFiles([{ ...file('a', Buffer.alloc(10)), sizeBytes: 20 }]);
    await expect(buffer(short)).rejects.toThrow(/size/i);
    await expect(unpacked(broken())).rejects.toThrow(/\w/);
  });

  it('lets go of its files when its reader leaves', async () => {
    let open = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      open += 1;
      try {
        for (;;) yield Buffer.alloc(100_000);
      } finally {
        open -= 1;
      }
    };
    for await (const _chunk of packFiles([
      { ...file('a', Buffer.alloc(0)), sizeBytes: 1e12, chunks: endless() },
    ])) {
      if (open === 1) break;
    }
    expect(open).toBe(0);
  });
});
