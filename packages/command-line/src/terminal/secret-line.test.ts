import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretLine } from './secret-line.ts';

function type(...chunks: readonly (string | Buffer)[]): {
  state: string;
  used: number;
  text: string;
} {
  const line = new SecretLine();
  let last: { state: string; used: number } = { state: 'typing', used: 0 };
  for (const chunk of chunks) last = line.type(Buffer.from(chunk));
  return { ...last, text: line.text };
}

describe('SecretLine', () => {
  it.each([
    ['ab\r', 'done', 'ab'],
    ['ab\n', 'done', 'ab'],
    ['ab\u0003', 'interrupted', 'ab'],
    ['\u0004', 'ended', ''],
    ['ab\u0004\r', 'done', 'ab'],
    ['é🚀\u007F\u007F\bx\r', 'done', 'x'],
    ['ab\u0015c\r', 'done', 'c'],
    ['a\u001B[1;5Cb\u001BOPc\t\u0001\r', 'done', 'abc'],
  ])('understands %j', (keys, state, text) => {
    expect(type(keys)).toMatchObject({ state, text });
  });

  it('leaves what follows the end of the line for the next question', () => {
    expect(type('ab\ncd')).toMatchObject({ state: 'done', used: 3, text: 'ab' });
  });

  it('gives the same text however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.nat(12), (cut) => {
        const bytes = Buffer.from('pä🚀\u001B[Aß\r');
        const at = Math.min(cut, bytes.length);
        expect(type(bytes.subarray(0, at), bytes.subarray(at)).text).toBe('pä🚀ß');
      }),
    );
  });
});
