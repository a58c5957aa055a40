import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlidingWindow } from './sliding-window.ts';

describe('a sliding window', () => {
  it('never lets more than its number through in any minute, and says exactly when the next may come', () => {
    const gaps = fc.array(fc.nat({ max: 30_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), gaps, (max, delays) => {
        const window = new SlidingWindow(max);
        const passed: number[] = [];
        let at = 0;
        for (const delay of delays) {
          at += delay;
          const wait = window.take('key', new Date(at));
          if (wait === 0) passed.push(at);
          else expect(passed.filter((one) => one > at + wait - 60_000).length).toBeLessThan(max);
          expect(passed.filter((one) => one > at - 60_000).length).toBeLessThanOrEqual(max);
        }
      }),
    );
  });

  it('counts keys apart and forgets the oldest of very many', () => {
    const window = new SlidingWindow(1);
    const now = new Date(0);
    expect([window.take('a', now), window.take('b', now)]).toEqual([0, 0]);
    expect(window.take('a', now)).toBe(60_000);
    for (let index = 0; index < 20_001; index += 1) window.take(`k${index}`, now);
    expect(window.take('a', now)).toBe(0);
  });
});
