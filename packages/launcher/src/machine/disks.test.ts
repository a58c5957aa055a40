import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { diskText, disksOf } from './disks.ts';

it('a disk is told once, however many folders are on it, there or not', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cy-disks-'));
  try {
    const disks = await disksOf([
      dir,
      join(dir, 'a/b'),
      '/proc',
      '/proc/self/status/x',
      join(dir, 'c'),
    ]);
    expect(disks.map((disk) => disk.directory)).toEqual([dir, '/proc']);
    expect(disks[1]).toMatchObject({ state: 'ok' });
  } finally {
    rmSync(dir, { recursive: true });
  }
});

it('a disk is told as df tells it', () => {
  const use = { directory: '/state', device: 1, usedShare: 0.8899, freeBytes: 3.25 * 1024 ** 3 };
  expect(diskText(use)).toBe('88 % used, 3.3 GiB free at /state');
});
