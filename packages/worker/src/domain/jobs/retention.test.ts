import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beyondRetention, type KeptResult, retentionRule } from './retention.ts';

const now = new Date('2026-11-20T12:00:00.000Z');
const rule = { maxAgeMs: 1000, maxBytes: 100 };

function kept(jobId: string, ageMs: number, bytes: number): KeptResult {
  return { jobId, storedAt: new Date(now.getTime() - ageMs), bytes };
}

describe('the retention of results (REQ-WORKER-0149)', () => {
  it('is seven days and one GiB', () => {
    expect(retentionRule).toStrictEqual({ maxAgeMs: 604_800_000, maxBytes: 1_073_741_824 });
  });

  it('drops what is too old and keeps what is just old enough', () => {
    const dropped = beyondRetention([kept('a', 1001, 1), kept('b', 1000, 1)], now, rule);
    expect(dropped.map(({ jobId, reason }) => [jobId, reason])).toStrictEqual([['a', 'age']]);
  });

  it('drops the oldest until the rest fits', () => {
    const dropped = beyondRetention(
      [kept('a', 3, 60), kept('b', 2, 50), kept('c', 1, 50)],
      now,
      rule,
    );
    expect(dropped.map(({ jobId, reason }) => [jobId, reason])).toStrictEqual([['a', 'size']]);
  });

  it('always leaves a rest that fits and never drops a newer one for size before an older', () => {
    const entry = fc.tuple(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 1, max: 90 }));
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const all = entries
          .toSorted(([left], [right]) => right - left)
          .map(([age, bytes], index) => kept(String(index), age, bytes));
        const dropped = new Set(beyondRetention(all, now, rule).map(({ jobId }) => jobId));
        const left = all.filter(({ jobId }) => !dropped.has(jobId));
        expect(left.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(100);
        expect(all.slice(0, dropped.size).every(({ jobId }) => dropped.has(jobId))).toBe(true);
      }),
    );
  });
});
