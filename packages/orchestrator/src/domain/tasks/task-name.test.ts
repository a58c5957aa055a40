import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseTaskName,
  freeTaskNumber,
  normaliseTaskName,
  numberedTaskName,
} from './task-name.ts';

describe('a task name', () => {
  it('is lower-case words with single dashes, at most 63 characters, and stays as it is when normalised again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const name = normaliseTaskName(text);
        expect(name === '' || /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name)).toBe(true);
        expect(name.length).toBeLessThanOrEqual(63);
        expect(normaliseTaskName(name)).toBe(name);
      }),
    );
  });

  it.each([
    ['  Hello,  World! ', 'hello-world'],
    ['--A__b--', 'a-b'],
    [`${'a'.repeat(62)} b`, 'a'.repeat(62)],
    [`-${'a'.repeat(80)}`, 'a'.repeat(63)],
    ['äöü', ''],
  ])('made of %j is %j', (text, expected) => {
    expect(normaliseTaskName(text)).toBe(expected);
  });

  it('is never empty and never looks like an id, whatever was wanted and said', () => {
    fc.assert(
      fc.property(
        fc.option(fc.oneof(fc.uuid(), fc.string()), { nil: undefined }),
        fc.oneof(fc.uuid(), fc.string()),
        (wanted, text) => {
          const { name, provisional } = chooseTaskName(wanted, text);
          expect(name).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
          expect(name.length).toBeLessThanOrEqual(63);
          expect(name).not.toMatch(
            /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
          );
          expect(provisional).toBe(normaliseTaskName(wanted ?? '') === '');
        },
      ),
    );
    expect(chooseTaskName('0123456789ABCDEF0123456789abcdef', '').name).toBe(
      'task-0123456789abcdef0123456789abcdef',
    );
  });

  it('gets the lowest free number, in few looks even when very many are taken', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 200_000 })),
        fc.constantFrom('job', 'a'.repeat(63), `${'a'.repeat(60)}-b`),
        async (taken, base) => {
          let looks = 0;
          const numberOf = new Map<string, number>();
          const isTaken = (name: string): boolean => {
            const number = name === base ? 1 : Number(/-(\d+)$/.exec(name)?.[1]);
            numberOf.set(name, number);
            return number <= taken;
          };
          const number = await freeTaskNumber(base, async (names) => {
            looks += 1;
            return new Set(names.filter(isTaken));
          });
          const name = numberedTaskName(base, number);
          expect(name).toBe(numberedTaskName(base, taken + 1));
          expect(name.length).toBeLessThanOrEqual(63);
          expect(looks).toBeLessThanOrEqual(6);
        },
      ),
    );
  });
});
