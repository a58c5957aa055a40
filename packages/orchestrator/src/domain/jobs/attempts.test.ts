import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeExpiry, mayRiskNode, mayStartAgain, retryDelayMs } from './attempts.ts';

describe('attempts', () => {
  it('count only claims that started something', () => {
    expect(mayStartAgain({ attempt: 2, freeAttempts: 0, maxAttempts: 3 })).toBe(true);
    expect(mayStartAgain({ attempt: 3, freeAttempts: 0, maxAttempts: 3 })).toBe(false);
    expect(mayStartAgain({ attempt: 30, freeAttempts: 28, maxAttempts: 3 })).toBe(true);
  });

  it('end with the second node that a job took with it, unless very many are allowed', () => {
    expect([0, 1, 2].map((deaths) => mayRiskNode(deaths, 3))).toEqual([true, true, false]);
    expect([1, 2].map((deaths) => mayRiskNode(deaths, 1))).toEqual([true, false]);
    expect([250, 251].map((deaths) => mayRiskNode(deaths, 1000))).toEqual([true, false]);
  });

  it('that are left put an expired job back after min(60, 2^attempt) s ± 20 %', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 1, max: 10 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, freeAttempts, maxAttempts, random) => {
          const expiry = judgeExpiry({ attempt, freeAttempts, maxAttempts }, random);
          if (attempt - freeAttempts >= maxAttempts) {
            expect(expiry).toEqual({ kind: 'exhausted' });
          } else {
            expect(expiry).toEqual({ kind: 'requeue', delayMs: retryDelayMs(attempt, random) });
          }
          const middle = Math.min(60, 2 ** attempt) * 1000;
          expect(Math.abs(retryDelayMs(attempt, random) - middle)).toBeLessThanOrEqual(
            middle * 0.2 + 1,
          );
        },
      ),
    );
  });
});
