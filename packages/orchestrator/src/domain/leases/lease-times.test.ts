import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leaseMsOf, leaseTimes } from './lease-times.ts';

describe('leases', () => {
  it('last 60 s and are renewed every 20 s unless a setting says otherwise', () => {
    expect(leaseMsOf(undefined)).toBe(60_000);
    expect(leaseMsOf(2)).toBe(2000);
    expect(leaseMsOf(1_000_000)).toBe(3_600_000);
    expect(leaseTimes(60_000)).toEqual({
      renewMs: 20_000,
      freshMs: 30_000,
      askMs: 5000,
      giveUpMs: 59_000,
      stopMs: 1000,
    });
  });

  it('of any length are renewed in time and given up before they end, in whole ms', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3600 }), (seconds) => {
        const leaseMs = leaseMsOf(seconds);
        const times = leaseTimes(leaseMs);
        expect(Object.values(times).every((ms) => Number.isInteger(ms) && ms > 0)).toBe(true);
        // One question per renewal may be slow, and the job still counts as alive.
        expect(times.renewMs + times.askMs).toBeLessThanOrEqual(times.freshMs + 1);
        expect(times.freshMs + times.renewMs).toBeLessThan(leaseMs);
        expect(times.giveUpMs).toBeLessThan(leaseMs);
        expect(times.giveUpMs + times.stopMs).toBeLessThanOrEqual(leaseMs + 1000);
      }),
    );
  });
});
