import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from './page-cursor.ts';

/** Any function of the text that differs for different texts; the real one is an HMAC. */
const seal = (text: string): string =>
  Array.from(text)
    .reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 1e9, 7)
    .toString(36);

const positions = fc.record({
  createdAt: fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true }),
  id: fc.uuid(),
});

describe('a page cursor', () => {
  it('gives back the position it was made from', () => {
    fc.assert(
      fc.property(positions, (position) => {
        expect(decodeCursor(encodeCursor(position, seal), seal)).toEqual(position);
      }),
    );
  });

  it('is refused when its signature is not the one of its text', () => {
    fc.assert(
      fc.property(positions, fc.string(), (position, other) => {
        const cursor = encodeCursor(position, seal);
        fc.pre(other !== cursor);
        expect(() => decodeCursor(other, seal)).toThrow(
          expect.objectContaining({ code: 'input_invalid' }),
        );
        expect(() => decodeCursor(cursor, (text) => `${seal(text)}x`)).toThrow();
      }),
    );
  });
});
