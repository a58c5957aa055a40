import { describe, expect, it } from 'vitest';
import { keepAliveMs } from './keep-alive.ts';

describe('keep_alive', () => {
  it.each([
    [0, 0],
    [30, 30_000],
    [-1, Infinity],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['250ms', 250],
    ['-1m', Infinity],
    ['-1', Infinity],
    ['+2s', 2000],
    ['10', 10_000],
    ['0', 0],
  ])('%j is %d ms', (value, ms) => {
    expect(keepAliveMs(value)).toBe(ms);
  });

  it.each(['', 'x', '5 m', '5m3', 'm', '1d', '5m'.repeat(99)])('%j is none', (value) => {
    expect(keepAliveMs(value)).toBeUndefined();
  });
});
