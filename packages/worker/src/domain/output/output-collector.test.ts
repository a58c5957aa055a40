import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOutputCollector } from './output-collector.ts';

const limit = 262_144;
const encoder = new TextEncoder();

function collect(bytes: Uint8Array, cuts: readonly number[], maxBytes: number) {
  const collector = createOutputCollector({ headBytes: maxBytes });
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

describe('the end of a stream', () => {
  const gather = (
    pieces: readonly (Uint8Array | number)[],
    headBytes: number,
    tailBytes: number,
  ) => {
    const collector = createOutputCollector({ headBytes, tailBytes });
    for (const piece of pieces) {
      if (typeof piece === 'number') collector.omit(piece);
      else collector.write(piece);
    }
    return collector.finish();
  };

  it('is there only where the stream is longer than its beginning', () => {
    expect(gather([encoder.encode('12345678')], 8, 4)).toEqual({
      text: '12345678',
      truncated: false,
    });
    expect(gather([encoder.encode('123456789')], 8, 4)).toEqual({
      text: '12345678',
      truncated: true,
      tail: { omitted_bytes: 0, text: '9' },
    });
  });

  it('with the beginning and what is left out is the whole, however it is cut', () => {
    const characters = fc.string({
      unit: fc.constantFrom('a', 'ä', '€', '😀', '\n'),
      maxLength: 60,
    });
    const cuts = fc.array(fc.nat(200), { maxLength: 6 });
    fc.assert(
      fc.property(
        characters,
        cuts,
        fc.nat(40),
        fc.integer({ min: 4, max: 40 }),
        (text, at, head, tail) => {
          const bytes = encoder.encode(text);
          const edges = [0, ...at.toSorted((left, right) => left - right), bytes.length];
          const pieces = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
          const {
            text: begin,
            tail: end = { omitted_bytes: 0, text: '' },
            truncated,
          } = gather(pieces, head, tail);
          expect(text.startsWith(begin)).toBe(true);
          expect(text.slice(begin.length).endsWith(end.text)).toBe(true);
          const kept = encoder.encode(begin).length + encoder.encode(end.text).length;
          expect(kept + end.omitted_bytes).toBe(bytes.length);
          expect(encoder.encode(end.text).length).toBeLessThanOrEqual(tail);
          expect(truncated).toBe(begin !== text);
          expect(end.omitted_bytes === 0 || encoder.encode(end.text).length > tail - 4).toBe(true);
        },
      ),
    );
  });

  it('counts what a keeper left out, and begins with a whole character', () => {
    const euro = encoder.encode('€');
    const pieces = [
      encoder.encode('head'),
      euro.subarray(0, 1),
      1000,
      euro.subarray(1),
      encoder.encode('tail€'),
    ];
    expect(gather(pieces, 100, 20)).toMatchObject({
      text: 'head',
      truncated: true,
      tail: { omitted_bytes: 1000, text: 'tail€' },
    });
  });

  it('takes no more memory for a longer stream', () => {
    const collector = createOutputCollector({ headBytes: 10, tailBytes: 10 });
    const chunk = encoder.encode('x'.repeat(100_000));
    for (let round = 0; round < 2000; round += 1) collector.write(chunk);
    collector.write(encoder.encode('the end'));
    expect(collector.finish()).toEqual({
      text: 'x'.repeat(10),
      truncated: true,
      tail: { omitted_bytes: 200_000_000 + 7 - 20, text: 'xxxthe end' },
    });
  });
});
