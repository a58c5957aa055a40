import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskUse, usedShareOf } from './disk-use.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'disk-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('how full a disk is', () => {
  const facts = { bsize: 4096, blocks: 1000, bfree: 500, bavail: 500, files: 100, ffree: 90 };

  it('counts like df, without what is kept for root, and inodes where they are scarcer', () => {
    expect(usedShareOf(facts)).toBe(0.5);
    expect(usedShareOf({ ...facts, bavail: 125 })).toBe(0.8);
    expect(usedShareOf({ ...facts, bavail: 0 })).toBe(1);
    expect(usedShareOf({ ...facts, ffree: 4 })).toBe(0.96);
  });

  it('does not divide by nothing: some file systems have no blocks or no inodes', () => {
    expect(usedShareOf({ ...facts, files: 0, ffree: 0 })).toBe(0.5);
    const none = { blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 };
    expect(usedShareOf({ ...facts, ...none })).toBe(0);
  });

  it('is told for a folder that is not there yet', async () => {
    const use = await diskUse(join(folder, 'a/b/c'));
    expect(use).toMatchObject({ directory: folder, device: (await diskUse(folder)).device });
    expect(use.usedShare).toBeGreaterThan(0);
    expect(use.freeBytes).toBeGreaterThan(0);
  });

  it('is not guessed where nobody may look', async () => {
    await expect(diskUse('/proc/self/status/x')).rejects.toThrow('ENOTDIR');
  });
});
