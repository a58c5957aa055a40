import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteKeeper, TextCheck } from './byte-keeper.ts';

const encoder = new TextEncoder();
const piece = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((text) => [...encoder.encode(text)]),
  fc.array(fc.nat(255), { maxLength: 4 }),
);
const stream = fc.array(piece, { maxLength: 8 }).map((pieces) => Buffer.from(pieces.flat()));
const cuts = fc.array(fc.nat(60), { maxLength: 6 });

function chunksOf(bytes: Buffer, at: readonly number[]): Buffer[] {
  const edges = [0, ...at.toSorted((left, right) => left - right), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

describe('the bytes of a stream', () => {
  it('are beginning, a count and end, and nothing else, however they come', () => {
    const sizes = fc.record({ headBytes: fc.nat(40), tailBytes: fc.nat(20) });
    fc.assert(
      fc.property(stream, cuts, sizes, (bytes, at, limits) => {
        const keeper = new ByteKeeper(limits);
        for (const chunk of chunksOf(bytes, at)) keeper.write(chunk);
        const { head, tail } = keeper.finish();
        const begin = Buffer.from(head, 'base64');
        const end = Buffer.from(tail?.bytes ?? '', 'base64');
        expect(begin).toEqual(bytes.subarray(0, limits.headBytes));
        expect(end).toEqual(bytes.subarray(bytes.length - end.length));
        expect(begin.length + (tail?.omitted_bytes ?? 0) + end.length).toBe(bytes.length);
        const beyond = bytes.length - begin.length;
        expect(end.length).toBe(Math.min(beyond, limits.tailBytes));
        expect(tail === undefined).toBe(beyond === 0);
      }),
    );
  });

  it('of which some are missing are counted', () => {
    const keeper = new ByteKeeper({ headBytes: 4, tailBytes: 2 });
    keeper.write(Buffer.from([1, 2, 3, 4, 5]));
    keeper.omit(100);
    keeper.write(Buffer.from([6, 7, 8]));
    expect(keeper.finish()).toEqual({
      head: Buffer.from([1, 2, 3, 4]).toString('base64'),
      tail: { omitted_bytes: 102, bytes: Buffer.from([7, 8]).toString('base64') },
    });
  });
});

/** Whether a text is the beginning of the bytes as they are. */
const isShownWhole = (text: string, bytes: Buffer): boolean =>
  bytes.subarray(0, Buffer.byteLength(text)).equals(Buffer.from(text));

describe('what is text', () => {
  it('is UTF-8 without U+0000, however it comes', () => {
    fc.assert(
      fc.property(stream, cuts, (bytes, at) => {
        const check = new TextCheck();
        const shown = new TextDecoder('utf-8', { ignoreBOM: true });
        let text = '';
        for (const chunk of chunksOf(bytes, at)) {
          check.write(chunk);
          text += shown.decode(chunk, { stream: true });
          // As soon as it shows.
          if (check.isText) expect(isShownWhole(text, bytes)).toBe(true);
        }
        check.finish();
        expect(check.isText).toBe(isUtf8(bytes) && !bytes.includes(0));
      }),
    );
  });

  it('may have a character cut by what is missing, and none that is cut by its end', () => {
    const euro = encoder.encode('€');
    const check = new TextCheck();
    check.write(euro.subarray(0, 2));
    check.gap();
    check.write(euro.subarray(1));
    check.write(euro.subarray(0, 1));
    expect(check.isText).toBe(true);
    check.finish();
    expect(check.isText).toBe(false);
  });
});
