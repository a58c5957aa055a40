import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attemptsThatMatter, lockedForMs } from './lockout.ts';

const now = new Date('2026-01-01T12:00:00Z');
const failures = (count: number, ageMs = 0) =>
  Array.from({ length: count }, () => ({ succeeded: false, at: new Date(now.getTime() - ageMs) }));

describe('the lockout of a handle', () => {
  it.each([
    [0, 0],
    [4, 0],
    [5, 30_000],
    [6, 60_000],
    [9, 480_000],
    [10, 900_000],
    [50, 900_000],
  ])('after %i failures lasts %i ms (REQ-IDENTY-0117)', (count, expected) => {
    expect(lockedForMs(failures(count), now)).toBe(expected);
  });

  it('counts from the last failure and only back to the last success', () => {
    expect(lockedForMs(failures(5, 10_000), now)).toBe(20_000);
    expect(lockedForMs(failures(5, 40_000), now)).toBe(0);
    const mixed = [...failures(4), { succeeded: true, at: now }, ...failures(20)];
    expect(lockedForMs(mixed, now)).toBe(0);
    expect(lockedForMs([{ succeeded: true, at: now }, ...failures(9)], now)).toBe(0);
  });

  it('forgets failures after an hour without one', () => {
    const hourMs = 3_600_000;
    const apart = (gapMs: number) => [...failures(1, 0), ...failures(5, gapMs)];
    expect(lockedForMs(apart(hourMs), now)).toBe(60_000);
    expect(lockedForMs(apart(hourMs + 1), now)).toBe(0);
  });

  it('is decided by the attempts that are read', () => {
    const attempts = fc.array(fc.record({ succeeded: fc.boolean(), at: fc.constant(now) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(attempts, (all) => {
        expect(lockedForMs(all.slice(0, attemptsThatMatter), now)).toBe(lockedForMs(all, now));
      }),
    );
  });
});
