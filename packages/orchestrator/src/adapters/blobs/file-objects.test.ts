import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileObjects } from './file-objects.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'objects-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

describe('objects as files', () => {
  it('belong to nobody else', async () => {
    const objects = new FileObjects(join(folder, 'deep', 'store'));
    const ref = await (await objects.draft(once(randomBytes(100_000)))).publish();
    expect(ref).toMatch(/^file:[0-9a-f]{2}\/[0-9a-f]{64}-[0-9a-f]{16}$/);
    const { mode } = await stat(join(folder, 'deep', 'store', ref.slice(5)));
    expect(mode & 0o777).toBe(0o600);
  });

  it('of earlier releases are read, listed and removed by their old names', async () => {
    const objects = new FileObjects(folder);
    const name = 'aa/aa000000-0000-4000-8000-000000000001';
    await mkdir(join(folder, 'aa'));
    await writeFile(join(folder, name), 'old');
    await utimes(join(folder, name), 1, 1);
    const blob = await objects.open(`file:${name}`);
    expect((await buffer(blob.chunks)).toString()).toBe('old');
    await blob.close();
    const listed: string[] = [];
    for await (const refs of objects.writtenBefore(new Date(2000))) listed.push(...refs);
    expect(listed).toEqual([`file:${name}`]);
    await objects.remove(`file:${name}`);
    expect(await objects.stat(`file:${name}`)).toBeUndefined();
  });

  it('leave nothing behind when they cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const objects = new FileObjects(join(folder, 'file'));
    await expect(objects.draft(once(new Uint8Array(3)))).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['file']);
  });
});
