import { describe, expect, it } from 'vitest';
import { isCommonPassword } from './common-passwords.ts';
import { requireAcceptablePassword } from './password-rules.ts';

const check = (password: string, handle = 'bob-builder'): void =>
  requireAcceptablePassword(password, handle, 'password');

describe('password rules (REQ-IDENTY-0110)', () => {
  it.each([
    'correct horse battery',
    'x7Kq-p2z',
    'éèàùçôîê',
    '🔑🔐🗝🔒🔓🛡🗡🪤',
    '🔑'.repeat(256),
    'ab'.repeat(128),
    '        ',
  ])('takes %s', (password) => {
    expect(() => check(password)).not.toThrow();
  });

  it.each([
    ['seven characters', 'x7Kq-p2'],
    ['seven characters after NFC', 'e\u0301'.repeat(7)],
    ['257 characters', 'ab'.repeat(128) + 'c'],
    ['the handle', 'bob-builder'],
    ['the handle in another case', 'Bob-Builder'],
    ['a common one', '12345678'],
    ['a common one in another case', 'QwertyUiop'],
    ['a common one with a decomposed letter', 'contrasen\u0303a'],
  ])('refuses %s without repeating it', (_what, password) => {
    let refusal: unknown;
    try {
      check(password);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ code: 'input_invalid', detail: { field: 'password' } });
    expect(String(refusal)).not.toContain(password);
  });

  it('counts characters after NFC, so that a decomposed text may be longer', () => {
    expect(() => check('e\u0301a'.repeat(128))).not.toThrow();
    expect(isCommonPassword('12345678')).toBe(true);
    expect(isCommonPassword('')).toBe(false);
  });
});
