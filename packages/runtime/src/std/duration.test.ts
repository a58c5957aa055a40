import { describe, expect, it } from 'vitest';
import { parseDurationMs } from './duration.ts';

describe('parseDurationMs', () => {
  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['1500ms', 1500],
    ['1m30s', 90_000],
    ['2h0m1s5ms', 7_201_005],
    ['0s', 0],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each(['', '2', 's', '-1s', '1.5s', '1s1m', ' 1s', '1 s', '1S', '1s1s', '1d', '9999999999s'])(
    '%j is none',
    (text) => {
      expect(parseDurationMs(text)).toBeUndefined();
    },
  );

  it('takes days only where they make sense', () => {
    expect(parseDurationMs('30d', { days: true })).toBe(2_592_000_000);
    expect(parseDurationMs('1d12h', { days: true })).toBe(129_600_000);
    expect(parseDurationMs('0d', { days: true })).toBe(0);
  });

  it('takes a bare number only where its unit is told', () => {
    expect(parseDurationMs('90', { bareUnit: 's' })).toBe(90_000);
    expect(parseDurationMs('1m', { bareUnit: 's' })).toBe(60_000);
    expect(parseDurationMs('1e3', { bareUnit: 's' })).toBeUndefined();
  });
});
