import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvents } from './event-stream.ts';

async function* chunksOf(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

async function parse(...parts: readonly (string | Uint8Array)[]): Promise<unknown[]> {
  const bytes = parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
  const list: unknown[] = [];
  for await (const item of readEvents(chunksOf(...bytes))) list.push(item);
  return list;
}

describe('readEvents', () => {
  it('reads id, event and data, skips comments and unknown fields, keeps the last id', async () => {
    const text = ': hi\n\nid: 1\nevent: a\ndata: x\n\nretry: 5\ndata:y\ndata:  z\n\n';
    expect(await parse(text)).toEqual([
      { id: '1', event: 'a', data: 'x' },
      { id: '1', event: 'message', data: 'y\n z' },
    ]);
  });

  it('drops an event that the end of the stream cut off', async () => {
    expect(await parse('data: whole\n\ndata: cut\n')).toEqual([
      { id: '', event: 'message', data: 'whole' },
    ]);
  });

  it('gives the same events however the bytes are cut and lines are ended', async () => {
    const line = fc.constantFrom('\n', '\r', '\r\n');
    const cuts = fc.array(fc.nat(80), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(line, cuts, async (end, at) => {
        const lines = ['id: 7', 'event: job.log', 'data: é🚀 a', 'data: b', '', 'data: c', '', ''];
        const bytes = Buffer.from(lines.join(end));
        const edges = [0, ...at.toSorted((a, b) => a - b), bytes.length];
        const parts = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
        expect(await parse(...parts)).toEqual([
          { id: '7', event: 'job.log', data: 'é🚀 a\nb' },
          { id: '7', event: 'message', data: 'c' },
        ]);
      }),
    );
  });

  it('does not collect without end', async () => {
    const mebibyte = 'x'.repeat(1024 * 1024);
    await expect(parse(`data: ${mebibyte}`, mebibyte)).rejects.toThrow('too long');
    await expect(parse(`data: ${mebibyte}\n`, 'data: x\n\n')).rejects.toThrow('too long');
  });
});
