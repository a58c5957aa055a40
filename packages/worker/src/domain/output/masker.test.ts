import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMasker } from './masker.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

function masked(values: readonly string[], written: string, sizes: readonly number[] = []): string {
  const stream = createMasker(values)?.stream();
  if (stream === undefined) throw new Error('nothing is masked');
  const bytes = Buffer.from(written);
  const parts: string[] = [];
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    parts.push(Buffer.from(stream.write(bytes.subarray(at, at + size))).toString('latin1'));
    at += size;
  }
  parts.push(Buffer.from(stream.finish()).toString('latin1'));
  return Buffer.from(parts.join(''), 'latin1').toString();
}

const secret = 'canary/5f+0 Ü?secret=word';
const b64 = (value: string): string => Buffer.from(value).toString('base64');
const hex = (value: string): string => Buffer.from(value).toString('hex');

describe('a secret in what a job writes', () => {
  it.each([
    ['as it is', secret],
    ['as base64', b64(secret)],
    ['as base64url', Buffer.from(secret).toString('base64url')],
    ['as hex', hex(secret)],
    ['as upper-case hex', hex(secret).toUpperCase()],
    ['in a URL', encodeURIComponent(secret)],
    ['in a form', new URLSearchParams({ a: secret }).toString().slice(2)],
    ['in a URL, every byte', hex(secret).replace(/../g, '%$&')],
  ])('is masked %s, wherever the pieces end', (_how, written) => {
    const whole = `before ${written} after\n`;
    const expected = masked([secret], whole);
    expect(expected).toMatch(/^before \*\*\*\S{0,4} after\n$/);
    for (let at = 0; at <= Buffer.byteLength(whole); at += 1) {
      // What an encoding begins with may have been passed on: at most three characters of it.
      expect(masked([secret], whole, [at])).toMatch(/^before \S{0,3}\*\*\*\S{0,4} after\n$/);
    }
    expect(
      masked(
        [secret],
        whole,
        Array.from(whole, () => 1),
      ),
    ).toMatch(/^before \S{0,3}\*\*\*\S{0,4} after\n$/);
  });

  it('is masked as it is without any of it left, byte by byte', () => {
    const whole = `x${secret}${secret}y`;
    for (let at = 0; at <= Buffer.byteLength(whole); at += 1) {
      expect(masked([secret], whole, [at])).toMatch(/^x(?:\*\*\*){1,2}y$/);
    }
  });

  it.each([0, 1, 2, 3, 4, 5])('is masked inside of base64 of more, %i bytes behind', (before) => {
    const out = masked([secret], b64(`${'u'.repeat(before)}${secret}:tail`));
    const left = Buffer.from(out.replaceAll('***', ''), 'base64').toString('latin1');
    expect(out).toContain('***');
    expect(left).not.toContain('5f+0');
  });

  it('is masked in base64 of lines and in hex of groups', () => {
    const long = `${secret}${'more and more of it '.repeat(6)}`;
    const lines = b64(`user:${long}`).replace(/.{76}/g, '$&\n');
    expect(masked([long], lines).replaceAll(/\s/g, '').length).toBeLessThan(20);
    const groups = hex(secret).replace(/../g, '$& ');
    expect(masked([secret], ` ${groups}\n`)).toMatch(/^ \*\*\* ?\n$/);
    const colons = hex(secret).replace(/..(?=.)/g, '$&:');
    expect(masked([secret], colons)).toBe('***');
  });

  it('of several lines is masked line by line too, and without its last line end', () => {
    const key = '-----BEGIN KEY-----\nQUJDREVGR0hJSktMTU5P\nshort\n-----END KEY-----\n';
    expect(masked([key], key)).toBe('***\n');
    expect(masked([key], 'a QUJDREVGR0hJSktMTU5P b short c')).toBe('a *** b short c');
    expect(masked([key], b64(key.trimEnd()))).toMatch(/^\*\*\*=*$/);
  });

  it('that is too short is not', () => {
    expect(createMasker(['seven77'])).toBeUndefined();
    expect(createMasker(['', 'short\n\n\n\n\n'])).toBeUndefined();
    expect(createMasker(['seven77', 'eight888'])).toBeDefined();
  });

  it('leaves everything else as it was, and says that there was none', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.array(fc.nat(60), { maxLength: 12 }),
        (bytes, sizes) => {
          const stream = createMasker(['a-secret-of-no-such-bytes'])?.stream();
          const parts: Uint8Array[] = [];
          let at = 0;
          for (const size of [...sizes, bytes.length]) {
            parts.push(stream?.write(bytes.subarray(at, at + size)) ?? bytes);
            at += size;
          }
          parts.push(stream?.finish() ?? bytes);
          expect(Buffer.concat(parts)).toEqual(Buffer.from(bytes));
          expect(stream?.found).toBe(false);
        },
      ),
    );
  });

  it('is gone from any text it is put into, in any pieces', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '%', '\n', 'A'), maxLength: 30 });
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', '%', 'A', ' '), minLength: 8, maxLength: 14 }),
        fc.array(letters, { minLength: 2, maxLength: 5 }),
        fc.array(fc.nat(9), { maxLength: 30 }),
        (value, around, sizes) => {
          fc.pre(value.trim().length >= 8 && value === value.trim());
          const out = masked([value], around.join(value), sizes);
          expect(out.split('***').join('\u0000')).not.toContain(value);
        },
      ),
    );
  });

  it('overlaps with another and both are gone', () => {
    const out = masked(['abcdefghij', 'fghijklmno'], 'xabcdefghijklmnoy');
    expect(out).toBe('x***y');
    expect(masked(['abcdefgh', 'abcdefghijkl'], 'xabcdefghijkly abcdefghz')).toBe('x***y ***z');
  });

  it('holds back nothing of usual lines', () => {
    const stream = createMasker([secret])?.stream();
    for (const line of ['one\n', 'two Q2\n', 'can\n', 'ends with Y2\n']) {
      expect(text(stream?.write(Buffer.from(line)) ?? Buffer.alloc(0))).toBe(line);
    }
  });

  it('costs time in the length of what is written only', () => {
    const worst = `${'a'.repeat(8000)}b`;
    const stream = createMasker([worst])?.stream();
    const flood = Buffer.alloc(4 * 1024 * 1024, 'a');
    const before = performance.now();
    stream?.write(flood);
    expect(performance.now() - before).toBeLessThan(20_000);
  });
});
