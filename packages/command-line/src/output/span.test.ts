import { describe, expect, it } from 'vitest';
import { spanText } from './span.ts';

describe('a span of time', () => {
  it.each([
    [-5, '0.0s'],
    [0, '0.0s'],
    [432, '0.4s'],
    [9940, '9.9s'],
    [9950, '9s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [3_599_999, '59m'],
    [3_600_000, '1h'],
    [86_399_999, '23h'],
    [200_000_000, '2d'],
  ])('of %d ms is %s', (ms, text) => {
    expect(spanText(ms)).toBe(text);
  });
});
