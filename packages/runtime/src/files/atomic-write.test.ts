import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomic, writeFileAtomicSync } from './atomic-write.ts';
import { syncFileSystem } from './sync-file-system.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cynode-write-'));
  path = join(folder, 'file');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function* chunks(fault?: Error): AsyncGenerator<Uint8Array> {
  yield Buffer.from('one ');
  if (fault) throw fault;
  yield Buffer.from('two');
}

describe('writeFileAtomic', () => {
  it('replaces a file with text, bytes or what comes in pieces, with exactly the mode', async () => {
    await writeFile(path, 'old', { mode: 0o644 });
    const inode = (await stat(path)).ino;
    await writeFileAtomic(path, 'text');
    expect([await readFile(path, 'utf8'), (await stat(path)).mode & 0o777]).toEqual([
      'text',
      0o600,
    ]);
    expect((await stat(path)).ino).not.toBe(inode);
    await writeFileAtomic(path, Buffer.from('bytes'), { mode: 0o666, flush: false });
    await syncFileSystem(path);
    expect([await readFile(path, 'utf8'), (await stat(path)).mode & 0o777]).toEqual([
      'bytes',
      0o666,
    ]);
    await writeFileAtomic(path, chunks());
    expect(await readFile(path, 'utf8')).toBe('one two');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('leaves the old file and nothing else when it fails', async () => {
    await writeFile(path, 'old');
    const fault = new Error('cut off');
    await expect(writeFileAtomic(path, chunks(fault))).rejects.toBe(fault);
    await mkdir(join(folder, 'sub'));
    await expect(writeFileAtomic(join(folder, 'sub'), 'x')).rejects.toMatchObject({
      code: 'EISDIR',
    });
    await expect(writeFileAtomic(join(folder, 'no', 'x'), 'x')).rejects.toMatchObject({
      code: 'ENOENT',
    });
    expect([await readFile(path, 'utf8'), (await readdir(folder)).toSorted()]).toEqual([
      'old',
      ['file', 'sub'],
    ]);
  });

  it('leaves a file that is there alone when told so', async () => {
    await writeFileAtomic(path, 'first', { replace: false });
    const second = writeFileAtomic(path, 'second', { replace: false });
    await expect(second).rejects.toMatchObject({ code: 'EEXIST' });
    expect([await readFile(path, 'utf8'), await readdir(folder)]).toEqual(['first', ['file']]);
  });

  it('removes what killed writers of this file left, when it is alone', async () => {
    await writeFile(join(folder, '.file.dead.tmp'), 'half');
    await writeFile(join(folder, '.other.dead.tmp'), 'half');
    await writeFileAtomic(path, 'new');
    await writeFileAtomic(path, 'new', { alone: true });
    expect((await readdir(folder)).toSorted()).toEqual(['.other.dead.tmp', 'file']);
  });

  it('does the same at once for those who cannot wait', async () => {
    writeFileAtomicSync(path, 'old', { replace: false, mode: 0o640 });
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(() => writeFileAtomicSync(path, 'x', { replace: false })).toThrow('EEXIST');
    writeFileAtomicSync(path, 'new');
    expect([await readFile(path, 'utf8'), await readdir(folder)]).toEqual(['new', ['file']]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await mkdir(join(folder, 'sub'));
    expect(() => writeFileAtomicSync(join(folder, 'sub'), 'x')).toThrow('EISDIR');
    expect(await readdir(folder)).toEqual(['file', 'sub']);
  });
});
