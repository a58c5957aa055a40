import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitUtf8, storableText, truncateUtf8 } from './utf8.ts';

const bytes = (text: string): number => Buffer.byteLength(text);
const text = fc.string({ unit: 'binary' }).map((value) => value.toWellFormed());

describe('truncateUtf8', () => {
  it('keeps the longest prefix of whole code points that fits (REQ-WORKER-0147)', () => {
    fc.assert(
      fc.property(text, fc.nat(64), (value, max) => {
        const result = truncateUtf8(value, max);
        expect(value.startsWith(result.text)).toBe(true);
        expect(bytes(result.text)).toBeLessThanOrEqual(max);
        expect(result.truncated).toBe(bytes(value) > max);
        const next = value.codePointAt(result.text.length);
        if (next !== undefined) {
          expect(bytes(result.text + String.fromCodePoint(next))).toBeGreaterThan(max);
        }
      }),
    );
  });

  it('steps back over a character that straddles the limit', () => {
    expect(truncateUtf8('ab€', 4)).toEqual({ text: 'ab', truncated: true });
    expect(truncateUtf8('ab€', 5)).toEqual({ text: 'ab€', truncated: false });
    expect(truncateUtf8('\uFEFFx', 3)).toEqual({ text: '\uFEFF', truncated: true });
  });
});

describe('splitUtf8', () => {
  it('gives pieces within the limit that join to the whole', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 4, max: 32 }), (value, max) => {
        const pieces = splitUtf8(value, max);
        expect(pieces.join('')).toBe(value);
        expect(pieces.every((piece) => piece !== '' && bytes(piece) <= max)).toBe(true);
      }),
    );
  });
});

describe('storableText', () => {
  it('replaces what PostgreSQL cannot store', () => {
    expect(storableText('a\u0000b\uD800c😀')).toBe('a\uFFFDb\uFFFDc😀');
  });
});
