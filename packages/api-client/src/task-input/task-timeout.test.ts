import { describe, expect, it } from 'vitest';
import { parseTimeoutSeconds } from './task-timeout.ts';

describe('parseTimeoutSeconds', () => {
  it.each([
    ['1', 1],
    ['90', 90],
    ['90s', 90],
    ['15m', 900],
    ['1h', 3600],
    ['1m30s', 90],
    ['2000ms', 2],
    ['3h', 10_800],
    ['10800', 10_800],
  ])('%s is %i s', (text, seconds) => {
    expect(parseTimeoutSeconds(text)).toBe(seconds);
  });

  it.each(['', '0', '0s', '10801', '3h1s', '1500ms', '-5', '1.5', 'soon', '1e3', ' 5'])(
    '%j is refused, and the message says what is taken',
    (text) => {
      expect(() => parseTimeoutSeconds(text)).toThrow(/whole seconds from 1s to 3h/);
    },
  );
});
