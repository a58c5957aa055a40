import { describe, expect, it } from 'vitest';
import { loginHandle, newHandle } from './handle.ts';

describe('handles', () => {
  it('are stored in lower case', () => {
    expect(newHandle('Bob.B_1-x')).toBe('bob.b_1-x');
    expect(loginHandle('BOB')).toBe('bob');
  });

  it.each([
    'system',
    'SYSTEM',
    'a',
    '-ab',
    'a b',
    'é-acute',
    'x'.repeat(65),
    'a\u0000b',
    '\u212Aelvin',
  ])('refuse %j as a new one (REQ-IDENTY-0121)', (input) => {
    expect(() => newHandle(input)).toThrow(
      expect.objectContaining({ code: 'input_invalid', detail: { field: 'handle' } }),
    );
    expect(loginHandle(input)).toBeUndefined();
  });
});
