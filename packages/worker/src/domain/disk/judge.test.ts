import { describe, expect, it } from 'vitest';
import { beyondBound, bytesText, type Measured, whomToEnd } from './judge.ts';

const mib = 1024 ** 2;
const measured = (bytes: number, files = 1, hidden = false): Measured => ({ bytes, files, hidden });

describe('a job and its bound', () => {
  const bound = { bytes: 10 * mib, files: 100 };

  it('is left alone up to it', () => {
    expect(beyondBound(measured(10 * mib, 100), bound)).toBeUndefined();
  });

  it('is ended beyond it, with both numbers and what to do', () => {
    const large = beyondBound(measured(10 * mib + 1), bound);
    expect(large?.kind).toBe('disk_limit');
    expect(large?.words).toMatch(/had 10 MiB .* may have 10 MiB; .*NODE_SANDBOX_DISK_MB/);
    const many = beyondBound(measured(1, 101), bound);
    expect(many?.words).toMatch(/had 101 files .* may have 100/);
  });
});

describe('whom to end on a full disk', () => {
  const suspects = (...all: readonly Measured[]) =>
    all.map((one, index) => ({ job: index, measured: one }));

  it('is who has most of what is scarce', () => {
    const all = suspects(measured(9 * mib, 500), measured(5 * mib, 9000), measured(7 * mib));
    expect(whomToEnd(all, 'bytes')).toMatchObject({ job: 0, end: { kind: 'disk_full' } });
    expect(whomToEnd(all, 'files')?.job).toBe(1);
    expect(whomToEnd(all, 'files')?.end.words).toContain('9000 files');
  });

  it('is first of all who hides what it has', () => {
    expect(whomToEnd(suspects(measured(9 * mib), measured(0, 0, true)), 'bytes')?.job).toBe(1);
  });

  it('is nobody where no job has taken anything', () => {
    expect(whomToEnd(suspects(measured(1000), measured(4096)), 'bytes')).toBeUndefined();
    expect(whomToEnd(suspects(measured(9 * mib, 20)), 'files')).toBeUndefined();
    expect(whomToEnd([], 'bytes')).toBeUndefined();
  });
});

it.each([
  [0, '0.0 KiB'],
  [1536, '1.5 KiB'],
  [20 * 1024, '20 KiB'],
  [3.25 * mib, '3.3 MiB'],
  [5 * 1024 ** 4, '5.0 TiB'],
  [5000 * 1024 ** 4, '5000 TiB'],
])('%d bytes are read as %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
