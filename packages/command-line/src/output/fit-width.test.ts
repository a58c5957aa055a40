import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitWidth } from './fit-width.ts';

describe('a line in a window', () => {
  it.each([
    ['short', 10, 'short'],
    ['exactly10!', 10, 'exactly10!'],
    ['elevenchars', 10, 'elevencha\u2026'],
    ['日本語テキスト', 6, '日本\u2026'],
    ['e\u0301e\u0301e\u0301', 3, 'e\u0301e\u0301e\u0301'],
    ['\u{1F9E8}\u{1F9E8}', 3, '\u{1F9E8}\u2026'],
    ['anything', 0, 'anything'],
    ['anything', undefined, 'anything'],
    ['ab', 1, '\u2026'],
  ])('is %j cut to %s: %j', (text, columns, shown) => {
    expect(fitWidth(text, columns)).toBe(shown);
  });

  it('is never longer than the window, and whole where it fits', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 30 }), (text, columns) => {
        const shown = fitWidth(text, columns);
        expect(shown.length).toBeLessThanOrEqual(columns);
        if (text.length <= columns) expect(shown).toBe(text);
      }),
    );
  });
});
