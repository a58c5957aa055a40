import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkJsonBounds } from './json-bounds.ts';

const check = (text: string) => () => checkJsonBounds(Buffer.from(text));
const keys = (count: number): string =>
  `{${Array.from({ length: count }, (_, index) => `"k${index}":1`).join(',')}}`;

describe('the bounds of JSON', () => {
  it.each([
    ['unknown keys', keys(10_001)],
    ['array items', `[${'0,'.repeat(10_000)}0]`],
    ['empty objects', `[${'{},'.repeat(5001)}{}]`],
    ['objects that do not end', '{"a":'.repeat(10_001)],
  ])('refuse too many %s', (_what, text) => {
    expect(check(text)).toThrow(/more than 10000 values|deeper than 64 levels/);
  });

  it.each(['[', '{"a":'])('refuse %j more than 64 levels deep', (opener) => {
    expect(check(opener.repeat(64))).not.toThrow();
    expect(check(opener.repeat(65))).toThrow('deeper than 64 levels');
  });

  it('count nothing inside strings, whatever is escaped there', () => {
    for (const inner of ['[{,'.repeat(20_000), '\\"[{,'.repeat(20_000), `${'[,'.repeat(9)}\\\\`]) {
      expect(check(`{"a":"${inner}"}`)).not.toThrow();
    }
    expect(check(`["\\\\",${'['.repeat(70)}`)).toThrow('deeper than 64 levels');
  });

  it('let every small JSON value through', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        expect(check(text)).not.toThrow();
      }),
    );
  });

  it('take no longer for ten megabytes than a moment, whatever they are', () => {
    for (const piece of ['"', '\\', '\\"', '[]', '{', ' ', 'x']) {
      const bytes = Buffer.alloc(10 * 1024 * 1024, piece);
      const started = performance.now();
      try {
        checkJsonBounds(bytes);
      } catch {
        // Too many values is an answer too.
      }
      expect(performance.now() - started).toBeLessThan(20_000);
    }
  });
});
