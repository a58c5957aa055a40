import { describe, expect, it } from 'vitest';
import { isCommonPassword } from './common-passwords.ts';
import { requireAcceptablePassword } from './password-rules.ts';

const check = (password: string, handle = 'bob-the-builder'): void =>
  requireAcceptablePassword(password, handle, 'password');

describe('password rules (REQ-IDENTY-0110)', () => {
  it.each([
    'correct horse battery',
    'x7Kq-p2z-Wm4',
    'éèàùçôîêâûïë',
    '🔑🔐🗝🔒🔓🛡🗡🪤🪓🔨⛏🧲',
    '🔑🔐🗝🔒🔓🛡🗡🪤'.repeat(32),
    'ab7-xk'.repeat(42) + 'ab7-',
    'my dragon sleeps',
    '907-441-266-3815',
  ])('takes %s', (password) => {
    expect(() => check(password)).not.toThrow();
  });

  it.each([
    ['eleven characters', 'x7Kq-p2z-Wm'],
    ['eleven characters after NFC', 'éèàùçôîêâûï'.normalize('NFD')],
    ['257 characters', 'ab7-xk'.repeat(42) + 'ab7-x'],
    ['the handle', 'bob-the-builder'],
    ['the handle in another case', 'Bob-The-Builder'],
    ['a common one', 'qwerty123456'],
    ['a common one in another case', '1Qaz2wsx3Edc'],
    ['a common one with a decomposed letter', 'contrasen\u0303a2026!'],
    ['a common one with a tail', 'Sunshine2026!'],
    ['a common one with signs around it', '***dragon***'],
    ['a common one twice', 'monkeymonkey'],
    ['one character', ' '.repeat(12)],
    ['four characters again and again', 'ab1-ab1-ab1-ab1-ab'],
    ['digits in a row', '1234567890123'],
    ['letters in a row, backwards', 'mlkjihgfedcba'],
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
    expect(() => check('éèàùçôîê'.normalize('NFD').repeat(32))).not.toThrow();
    expect(isCommonPassword('12345678')).toBe(true);
    expect(isCommonPassword('')).toBe(false);
  });
});
