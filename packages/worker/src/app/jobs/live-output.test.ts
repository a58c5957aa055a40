import { limits } from '@cynodeai/contracts/common';
import type { JobOutput } from '@cynodeai/contracts/worker-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOutputCollector } from '../../domain/output/output-collector.ts';
import { LiveOutput } from './live-output.ts';

const never = new AbortController().signal;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function read(
  live: LiveOutput,
  signal = never,
): Promise<Record<JobOutput['stream'], string>> {
  const heard = { stdout: '', stderr: '' };
  for await (const item of live.follow(signal, 60_000)) {
    if (item !== 'quiet') heard[item.stream] += item.text;
  }
  return heard;
}

describe('the output of a running job', () => {
  it('reaches everybody from its beginning, whenever they come', async () => {
    const live = new LiveOutput();
    live.heard.stdout.write(bytes('one '));
    const first = read(live);
    live.heard.stdout.write(bytes('two '));
    live.heard.stderr.write(bytes('trouble'));
    await new Promise(setImmediate);
    const second = read(live);
    live.heard.stdout.write(bytes('three'));
    live.end();
    const all = { stdout: 'one two three', stderr: 'trouble' };
    expect(await Promise.all([first, second, read(live)])).toEqual([all, all, all]);
  });

  it('is the beginning of what the result keeps, however it is cut', async () => {
    const chunks = fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 12 })), {
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(chunks, async (written) => {
        const live = new LiveOutput();
        const kept = {
          stdout: createOutputCollector({ headBytes: limits.outputStreamBytes }),
          stderr: createOutputCollector({ headBytes: limits.outputStreamBytes }),
        };
        const heard = read(live);
        for (const [isError, chunk] of written) {
          const stream = isError ? 'stderr' : 'stdout';
          live.heard[stream].write(chunk);
          kept[stream].write(chunk);
          if (chunk.length % 3 === 0) await new Promise(setImmediate);
        }
        live.end();
        const told = await heard;
        for (const stream of ['stdout', 'stderr'] as const) {
          const { text } = kept[stream].finish();
          expect(text.startsWith(told[stream])).toBe(true);
          // A code point that is cut at the end of all is told by the result alone.
          expect(text.slice(told[stream].length)).toMatch(/^\uFFFD?$/);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is marked from where it is no text, each stream for itself', async () => {
    const live = new LiveOutput();
    live.heard.stdout.write(bytes('text'));
    live.heard.stdout.write(Uint8Array.of(0xff));
    live.heard.stderr.write(bytes('words'));
    live.heard.stdout.write(bytes('more'));
    live.end();
    const told: (JobOutput | 'quiet')[] = [];
    for await (const item of live.follow(never, 60_000)) told.push(item);
    expect(told).toEqual([
      { stream: 'stdout', text: 'text' },
      { stream: 'stdout', text: '\uFFFD', binary: true },
      { stream: 'stderr', text: 'words' },
      { stream: 'stdout', text: 'more', binary: true },
    ]);
  });

  it('keeps no more than the result does', async () => {
    const live = new LiveOutput();
    const line = bytes('x'.repeat(1023) + '\n');
    for (let count = 0; count < 1000; count += 1) live.heard.stdout.write(line);
    live.end();
    expect((await read(live)).stdout).toHaveLength(limits.outputStreamBytes);
  });

  it('is told to be quiet, and ends with its listener', async () => {
    const live = new LiveOutput();
    const stop = new AbortController();
    const items: (JobOutput | 'quiet')[] = [];
    for await (const item of live.follow(stop.signal, 5)) {
      items.push(item);
      if (items.length === 2) stop.abort();
    }
    expect(items).toEqual(['quiet', 'quiet']);
  });
});
