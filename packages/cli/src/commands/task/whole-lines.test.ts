import { describe, expect, it } from 'vitest';
import { WholeLines, linesOf } from './whole-lines.ts';

describe('WholeLines', () => {
  it('breaks a line only where another stream would continue it, and at the end', () => {
    const lines = new WholeLines();
    const out = [
      lines.add('stdout', 'a'),
      lines.add('stdout', 'b'),
      lines.add('stderr', ''),
      lines.add('stderr', 'c\n'),
      lines.add('stdout', 'd'),
      lines.end(),
      lines.end(),
    ];
    expect(out.join('')).toBe('ab\nc\nd\n');
  });
});

describe('linesOf', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['\n', ['']],
    ['a', ['a']],
    ['a\n\nb\n', ['a', '', 'b']],
  ])('splits %j', (text, lines) => {
    expect(linesOf(text)).toEqual(lines);
  });
});
