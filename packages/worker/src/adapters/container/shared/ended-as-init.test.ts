import { describe, expect, it } from 'vitest';
import { endedAsInit } from './ended-as-init.ts';

describe('a container that was signalled', () => {
  it.each([
    [2, false, 300, true],
    [2, false, 1500, false],
    [2, true, 300, false],
    [143, false, 300, false],
    [0, false, 300, false],
  ])('and ended with %i, output %s, after %i ms was its runtime still: %s', (...all) => {
    const [exitCode, wrote, ageMs, init] = all;
    expect(endedAsInit({ exitCode, wrote, ageMs })).toBe(init);
  });
});
