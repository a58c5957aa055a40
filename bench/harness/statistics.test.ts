import { describe, expect, it } from 'vitest';
import { median, quantile, spreadOf } from './statistics.ts';

describe('statistics of a benchmark', () => {
  it('take the middle of an odd and the mean of the two middles of an even count', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('interpolate quantiles and reach both ends', () => {
    expect([0, 0.25, 0.5, 1].map((p) => quantile([10, 20, 30, 40, 50], p))).toEqual([
      10, 20, 30, 50,
    ]);
    expect(quantile([1, 2], 0.25)).toBe(1.25);
  });

  it('sum up to a spread that leaves the input alone', () => {
    const numbers = [3, 1, 2];
    expect(spreadOf(numbers)).toEqual({ median: 2, min: 1, max: 3, q1: 1.5, q3: 2.5, count: 3 });
    expect(numbers).toEqual([3, 1, 2]);
  });

  it('say nothing about nothing', () => {
    expect(median([])).toBeUndefined();
    expect(spreadOf([])).toBeUndefined();
  });
});
