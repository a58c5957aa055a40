import { silentLog } from '@cynodeai/runtime/observe';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeTime } from '../../../test/node/support/fake-time.ts';
import { NodeError } from '../../domain/node/node-error.ts';
import { RetryWindow, retryRule } from './retry.ts';

const away = new NodeError('orchestrator_unavailable', 'away');

describe('a retry window', () => {
  it('waits between 1 and 30 seconds and never beyond 300 in all, whatever the chance', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 0.999, noNaN: true }), async (random) => {
        const time = new FakeTime(Infinity);
        time.random = () => random;
        const { signal } = new AbortController();
        const window = new RetryWindow({ timer: time, log: silentLog, signal });
        await expect(window.run('call', () => Promise.reject(away))).rejects.toBe(away);
        const total = time.slept.reduce((sum, ms) => sum + ms, 0);
        expect(total).toBeLessThanOrEqual(retryRule.windowMs);
        expect(total).toBeGreaterThan(retryRule.windowMs - 2 * retryRule.maxMs);
        expect(time.slept.every((ms) => ms >= 1000 && ms <= 30_000)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it.each([3_600_000, -3_600_000])('lasts as long when the clock is set by %i ms', async (step) => {
    const time = new FakeTime(Infinity);
    const { signal } = new AbortController();
    const window = new RetryWindow({ timer: time, log: silentLog, signal });
    const call = (): Promise<never> => {
      if (time.slept.length === 2) time.stepClock(step);
      return Promise.reject(away);
    };
    await expect(window.run('call', call)).rejects.toBe(away);
    const total = time.slept.reduce((sum, ms) => sum + ms, 0);
    expect(total).toBeLessThanOrEqual(retryRule.windowMs);
    expect(total).toBeGreaterThan(retryRule.windowMs - 2 * retryRule.maxMs);
  });

  it('passes other faults on at once and begins anew after a success', async () => {
    const time = new FakeTime(Infinity);
    const { signal } = new AbortController();
    const window = new RetryWindow({ timer: time, log: silentLog, signal });
    const denied = new NodeError('orchestrator_denied', 'no');
    await expect(window.run('call', () => Promise.reject(denied))).rejects.toBe(denied);
    for (const round of [1, 2]) {
      let tries = 0;
      const result = await window.run('call', async () => {
        tries += 1;
        if (tries < 3) throw away;
        return round;
      });
      expect(result).toBe(round);
    }
    expect(time.slept).toEqual([1000, 2000, 1000, 2000]);
  });
});
