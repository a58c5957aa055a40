import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOutputCollector } from './output-collector.ts';

const limit = 262_144;
const encoder = new TextEncoder();

function collect(bytes: Uint8Array, cuts: readonly number[], maxBytes: number) {
  const collector = createOutputCollector(maxBytes);
  let from = 0;
  for (const cut of cuts.toSorted((left, right) => left - right)) {
    collector.write(bytes.subarray(from, Math.max(from, cut)));
    from = Math.max(from, cut);
  }
  collector.write(bytes.subarray(from));
  return collector.finish();
}

/** What the rule says, without regard to memory: decode all, then take whole code points while they fit. */
function expected(bytes: Uint8Array, maxBytes: number) {
  const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  let text = '';
  let used = 0;
  for (const point of whole) {
    used += encoder.encode(point).length;
    if (used > maxBytes) return { text, truncated: true };
    text += point;
  }
  return { text, truncated: false };
}

describe('output collector', () => {
  it.each([
    {
      name: 'exactly the limit',
      bytes: encoder.encode('x'.repeat(limit)),
      kept: limit,
      truncated: false,
    },
    {
      name: 'one byte more',
      bytes: encoder.encode('x'.repeat(limit + 1)),
      kept: limit,
      truncated: true,
    },
    {
      name: 'three bytes across',
      bytes: encoder.encode(`${'x'.repeat(limit - 1)}€`),
      kept: limit - 1,
      truncated: true,
    },
    {
      name: 'three bytes up to it',
      bytes: encoder.encode(`${'x'.repeat(limit - 3)}€`),
      kept: limit,
      truncated: false,
    },
    {
      name: 'four bytes across',
      bytes: encoder.encode(`${'x'.repeat(limit - 3)}😀`),
      kept: limit - 3,
      truncated: true,
    },
    {
      name: 'an invalid byte that does not fit once replaced',
      bytes: Uint8Array.from([...encoder.encode('x'.repeat(limit - 2)), 0xff]),
      kept: limit - 2,
      truncated: true,
    },
    {
      name: 'an unfinished character at the end',
      bytes: Uint8Array.from([0x61, 0xe2, 0x82]),
      kept: 4,
      truncated: false,
    },
  ])(
    'keeps what fits of $name (REQ-WORKER-0146, REQ-WORKER-0147)',
    ({ bytes, kept, truncated }) => {
      const output = collect(bytes, [], limit);
      expect(encoder.encode(output.text).length).toBe(kept);
      expect(output.truncated).toBe(truncated);
    },
  );

  it('gives the same for every way the bytes are cut into chunks', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme' }).map((text) => [...encoder.encode(text)]),
      fc.array(fc.nat(255), { maxLength: 6 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.array(fc.nat(120), { maxLength: 6 }),
        fc.integer({ min: 0, max: 60 }),
        (pieces, cuts, maxBytes) => {
          const bytes = Uint8Array.from(pieces.flat());
          expect(collect(bytes, cuts, maxBytes)).toStrictEqual(expected(bytes, maxBytes));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps a byte order mark and NUL', () => {
    expect(collect(encoder.encode('\uFEFFa\0b'), [], limit).text).toBe('\uFEFFa\0b');
  });
});
