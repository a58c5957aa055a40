import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { temporaryMbOf } from '../sandbox/temporary.ts';
import { diskFloor, jobBound, reserveOf, roomAbove, type Space } from './bounds.ts';

const mib = 1024 ** 2;
const gib = 1024 ** 3;
const none = { bytes: 0, files: 0 };

const disk = (totalBytes: number, freeBytes: number, totalFiles = 100_000): Space => ({
  totalBytes,
  freeBytes,
  totalFiles,
  freeFiles: totalFiles / 2,
});

describe('what jobs may have of a disk', () => {
  it.each([
    [420 * mib, 25 * mib],
    [100 * mib, 16 * mib],
    [10 * gib, 614 * mib],
    [4000 * gib, gib],
  ])('of one of %i bytes something stays free', (total, floor) => {
    expect(Math.floor(diskFloor(disk(total, total)).bytes / mib)).toBe(floor / mib);
  });

  it('is a share of what is free above that, with one share more than jobs', () => {
    const { bytes, files } = jobBound(disk(420 * mib, 225 * mib), none, { maxConcurrency: 4 });
    expect(Math.floor(bytes / mib)).toBe(39);
    expect(files).toBe(8800);
    // What jobs have already is not what others have.
    const taken = { bytes: 100 * mib, files: 0 };
    const beside = jobBound(disk(420 * mib, 125 * mib), taken, { maxConcurrency: 4 });
    expect(beside.bytes).toBe(bytes);
  });

  it('is what the operator says, of bytes', () => {
    const bound = jobBound(disk(gib, 100 * mib), none, { maxConcurrency: 1, jobMb: 5000 });
    expect(bound.bytes).toBe(5000 * mib);
  });

  it('has no number of files where the file system has none', () => {
    const space = disk(gib, gib, 0);
    expect(jobBound(space, none, { maxConcurrency: 1 }).files).toBe(Number.POSITIVE_INFINITY);
    expect(roomAbove(space).files).toBe(Number.POSITIVE_INFINITY);
  });

  it('never takes the floor where there is room for every job, whatever the disk', () => {
    const sizes = fc.record({
      total: fc.integer({ min: 200 * mib, max: 100_000 * mib }),
      share: fc.double({ min: 0.4, max: 1, noNaN: true }),
      maxConcurrency: fc.integer({ min: 1, max: 64 }),
    });
    fc.assert(
      fc.property(sizes, ({ total, share, maxConcurrency }) => {
        const space = disk(total, Math.floor(total * share));
        const { bytes } = jobBound(space, none, { maxConcurrency });
        if (bytes === 16 * mib) return;
        expect(bytes * maxConcurrency).toBeLessThan(roomAbove(space).bytes);
      }),
    );
  });

  it('is kept in reserve by a hundredth', () => {
    expect(reserveOf(disk(420 * mib, 0))).toBe(Math.floor(4.2 * mib));
    expect(reserveOf(disk(4000 * gib, 0))).toBe(64 * mib);
    expect(reserveOf(disk(50 * mib, 0))).toBe(2 * mib);
  });
});

it('/tmp of all jobs together takes half of their memory, within what is of use', () => {
  expect(temporaryMbOf(6400, 4)).toBe(640);
  expect(temporaryMbOf(512, 4)).toBe(51);
  expect(temporaryMbOf(64, 8)).toBe(16);
  expect(temporaryMbOf(1_000_000, 1)).toBe(1024);
});
