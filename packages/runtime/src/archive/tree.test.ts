import { temporaryDirectory } from '@cynodeai/testing';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { type PackedEntry, TreeReader, packTree, packedBytes } from './index.ts';

const limits = { bytes: 1e7, entries: 1000, reserved: '.mine' };

/** A file that gives its bytes, or fewer of them. */
function fileOf(name: string, bytes: Uint8Array, more: Partial<{ sizeBytes: number }> = {}) {
  const open = () => {
    let at = 0;
    return {
      read: (into: Buffer, offset: number, length: number): number => {
        const part = bytes.subarray(at, at + length);
        into.set(part, offset);
        at += part.length;
        return part.length;
      },
      close: () => {},
    };
  };
  const facts = { type: 'file', name, mtimeSeconds: 7, sizeBytes: bytes.length } as const;
  return { ...facts, executable: name.endsWith('x'), open, ...more };
}

const linkOf = (name: string, target: string) =>
  ({ type: 'link', name, target, mtimeSeconds: 7 }) as const;

/** What a reader tells, one line for each thing. */
function told(archive: Buffer, pieceBytes: number, most = limits): readonly string[] {
  const lines: string[] = [];
  let content: Buffer[] = [];
  const reader = new TreeReader(most, {
    file: ({ name, executable, mtimeSeconds }) =>
      void lines.push(`file ${JSON.stringify(name)} ${executable} ${mtimeSeconds}`),
    bytes: (bytes) => void content.push(Buffer.from(bytes)),
    fileEnd: () => {
      lines.push(Buffer.concat(content).toString('hex'));
      content = [];
    },
    link: ({ name, target }) => void lines.push(`link ${JSON.stringify(name)} ${target}`),
    folder: ({ name }) => void lines.push(`folder ${JSON.stringify(name)}`),
  });
  for (let at = 0; at < archive.length; at += pieceBytes) {
    reader.write(archive.subarray(at, at + pieceBytes));
  }
  reader.end();
  return lines;
}

const segment = fc
  .stringMatching(/^[^\0/]{1,40}$/u)
  .filter(
    (text) =>
      text.isWellFormed() && !['.', '..', '.mine'].includes(text) && !text.includes('\uFFFD'),
  )
  .filter((text) => Buffer.byteLength(text) <= 255);
const pathOf = fc.array(segment, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('/'));

describe('the archive of a folder', () => {
  it('gives back what was put into it, whatever the names, in whatever pieces it comes', async () => {
    const things = fc.uniqueArray(
      fc.record({
        name: pathOf,
        bytes: fc.uint8Array({ maxLength: 3000 }),
        target: fc.option(segment),
      }),
      { maxLength: 6, selector: ({ name }) => name.split('/')[0] },
    );
    await fc.assert(
      fc.asyncProperty(things, fc.integer({ min: 1, max: 5000 }), async (entries, pieceBytes) => {
        const given = entries.map(({ name, bytes, target }) =>
          target === null ? fileOf(name, bytes) : linkOf(name, target),
        );
        const archive = await buffer(packTree(given));
        expect(archive.length).toBe(packedBytes(given));
        const expected = entries.flatMap(({ name, bytes, target }) =>
          target === null
            ? [
                `file ${JSON.stringify(name)} ${name.endsWith('x')} 7`,
                Buffer.from(bytes).toString('hex'),
              ]
            : [`link ${JSON.stringify(name)} ${target}`],
        );
        expect(told(archive, pieceBytes)).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  it('is one for the tar of the system, both ways', async () => {
    await using dir = await temporaryDirectory();
    const long = `${'a-folder-with-a-name/'.repeat(20)}end`;
    const entries: PackedEntry[] = [
      fileOf('run-x', Buffer.alloc(700_000, 'x')),
      fileOf(long, Buffer.from('deep')),
      fileOf('new\nline ä', Buffer.from('odd')),
      linkOf('to', 'ä'.repeat(60)),
      { type: 'folder', name: 'empty', mtimeSeconds: 0 },
    ];
    await writeFile(join(dir.path, 'a.tar'), packTree(entries));
    await mkdir(join(dir.path, 'out'));
    execFileSync('tar', ['-xf', 'a.tar', '-C', 'out'], { cwd: dir.path });
    const out = (name: string): string => join(dir.path, 'out', name);
    expect(await readFile(out(long), 'utf8')).toBe('deep');
    expect(await readFile(out('new\nline ä'), 'utf8')).toBe('odd');
    expect(await readlink(out('to'))).toBe('ä'.repeat(60));
    const { mode, mtimeMs } = await lstat(out('run-x'));
    expect([mode & 0o777, mtimeMs]).toEqual([0o755, 7000]);
    expect((await lstat(out('empty'))).isDirectory()).toBe(true);
    for (const format of ['gnu', 'posix', 'ustar'] as const) {
      const names = format === 'ustar' ? ['run-x', 'empty'] : ['.'];
      const back = execFileSync('tar', [`--format=${format}`, '-c', '-C', 'out', ...names], {
        cwd: dir.path,
        maxBuffer: 1e8,
      });
      const lines = told(back, 7777);
      expect(lines).toContain('file "run-x" true 7');
      if (format !== 'ustar') expect(lines).toContain(`file ${JSON.stringify(long)} false 7`);
    }
  });

  it.each([
    ['of a far future', 0x80, 0x7f],
    ['before 1970', 0xff, 0xff],
    ['of the largest number', 0x80, 0xff],
    ['that is none', 0x00, 0x00],
  ])('takes a time %s for one that a file can have', async (_what, first, others) => {
    const archive = await buffer(packTree([fileOf('a', Buffer.from('x')), linkOf('b', 'a')]));
    for (const at of [0, 1024]) {
      archive.fill(others, at + 136, at + 148);
      archive[at + 136] = first;
      archive.fill(' ', at + 148, at + 156);
      const sum = archive.subarray(at, at + 512).reduce((all, byte) => all + byte, 0);
      archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148);
    }
    const times: number[] = [];
    const seen = ({ mtimeSeconds }: { readonly mtimeSeconds: number }) => {
      times.push(mtimeSeconds);
    };
    const ignored = () => {};
    const sink = { file: seen, link: seen, folder: seen, bytes: ignored, fileEnd: ignored };
    const reader = new TreeReader(limits, sink);
    reader.write(archive);
    reader.end();
    expect(times).toHaveLength(2);
    for (const time of times) expect(time).toBeGreaterThanOrEqual(0);
  });

  it('says that a file became shorter, and what its files say', async () => {
    const short = packTree([fileOf('a', Buffer.from('abc'), { sizeBytes: 9 })]);
    await expect(buffer(short)).rejects.toThrow('"a" became shorter while it was read');
    const gone = {
      ...fileOf('a', Buffer.from('abc')),
      open: () => {
        throw new Error('gone');
      },
    };
    await expect(buffer(packTree([gone]))).rejects.toThrow('gone');
  });

  it.each([
    [
      'too many things',
      { ...limits, entries: 2 },
      [fileOf('a/b/c', Buffer.of())],
      'at most 2 files',
    ],
    ['too many bytes', { ...limits, bytes: 2 }, [fileOf('a', Buffer.from('abc'))], 'at most 0 MiB'],
    ['a name of the job', limits, [fileOf('.mine/x', Buffer.of())], 'kept for the job'],
    ['a path that climbs', limits, [fileOf('a/../../b', Buffer.of())], 'no path below the folder'],
    ['an absolute path', limits, [fileOf('/a', Buffer.of())], 'no path below the folder'],
    [
      'a path below a link',
      limits,
      [linkOf('a', '/etc'), fileOf('a/b', Buffer.of())],
      'lies below "a"',
    ],
    [
      'a link in place of a folder',
      limits,
      [fileOf('a/b', Buffer.of()), linkOf('a', '/etc')],
      'twice',
    ],
    ['a path twice', limits, [fileOf('a', Buffer.of()), fileOf('./a', Buffer.of())], 'twice'],
    ['a name that is too long', limits, [fileOf('a'.repeat(256), Buffer.of())], 'longer than 255'],
    [
      'a path that is too long',
      limits,
      [fileOf('a/'.repeat(2500), Buffer.of())],
      'longer than 4000',
    ],
    ['a name that is not UTF-8', limits, [fileOf('a\uFFFD', Buffer.of())], 'is not UTF-8'],
  ])('with %s is refused', async (_what, most, entries, words) => {
    const archive = await buffer(packTree(entries));
    expect(() => told(archive, 512, most)).toThrow(words);
  });

  it('never makes its reader hang or fail otherwise than by its own words', async () => {
    const archive = await buffer(packTree([fileOf('a', Buffer.alloc(600, 'x')), linkOf('b', 'a')]));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(archive.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (changes) => {
          const broken = Buffer.from(archive);
          for (const [at, byte] of changes) broken[at] = byte;
          try {
            told(broken, 300);
          } catch (error) {
            expect(error).toMatchObject({ name: 'TreeError' });
          }
        },
      ),
    );
  });
});
