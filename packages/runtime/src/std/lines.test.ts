import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf } from './lines.ts';

async function lines(parts: readonly (string | Uint8Array)[], max = 100): Promise<string[]> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const part of parts) yield typeof part === 'string' ? Buffer.from(part) : part;
  }
  const list: string[] = [];
  for await (const line of linesOf(chunks(), max)) list.push(line);
  return list;
}

describe('linesOf', () => {
  it('gives lines without their ends, and a last one without an end', async () => {
    expect(await lines(['a\nb\r\n\rc', 'd'])).toEqual(['a', 'b', '', 'cd']);
    expect(await lines(['a\r', '\nb\n'])).toEqual(['a', 'b']);
    expect(await lines(['', ''])).toEqual([]);
  });

  it('gives the same lines however the bytes are cut', async () => {
    const bytes = Buffer.from('é🚀\r\n\nx\r\ry\n');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 6 }), async (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const parts = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
        expect(await lines(parts)).toEqual(['é🚀', '', 'x', '', 'y']);
      }),
    );
  });

  it('does not collect without end', async () => {
    const tooLong = { code: 'line_too_long', message: 'a line is longer than 3 characters' };
    await expect(lines(['abcd'], 3)).rejects.toMatchObject(tooLong);
    await expect(lines(['ab', 'cd'], 3)).rejects.toMatchObject(tooLong);
    await expect(lines(['abcd\n'], 3)).rejects.toMatchObject(tooLong);
    expect(await lines(['abc\nabc'], 3)).toEqual(['abc', 'abc']);
  });
});
