import { expect, it } from 'vitest';
import { createMasker } from '../../domain/output/masker.ts';
import { maskSinks } from './masked-sinks.ts';

const secret = 'canary-value-of-a-secret';

/** What a sink heard, with gaps as their sizes. */
function recorder() {
  const heard: (string | number)[] = [];
  return {
    heard,
    sink: {
      write: (chunk: Uint8Array) => void heard.push(Buffer.from(chunk).toString()),
      omit: (bytes: number) => void heard.push(bytes),
    },
  };
}

it('leaves no half of a secret on either side of a gap', () => {
  const masker = createMasker([secret]);
  if (masker === undefined) throw new Error('it can be masked');
  for (let cut = 1; cut < secret.length; cut += 1) {
    const [kept, live, stderr] = [recorder(), recorder(), recorder()];
    const { sinks, finish } = maskSinks(masker, {
      stdout: kept.sink,
      stderr: stderr.sink,
      heard: { stdout: live.sink, stderr: stderr.sink },
    });
    for (const sink of [sinks.stdout, sinks.heard?.stdout]) {
      sink?.write(Buffer.from(`head ${secret.slice(0, cut)}`));
      sink?.omit?.(1000);
      sink?.write(
        Buffer.from(`${secret.slice(cut)}\n${'x'.repeat(masker.longestBytes)}end ${secret}`),
      );
    }
    expect(finish()).toEqual(['stdout']);
    for (const { heard } of [kept, live]) {
      const text = heard.filter((each) => typeof each === 'string').join('|');
      expect(text).toMatch(/^head (?:\|?\*\*\*)\|x*end (?:\|?\*\*\*)$/);
      expect(heard.filter((each) => typeof each === 'number')).toEqual([1000, masker.longestBytes]);
    }
  }
});

it('hands on what is held back at the end, and the time of what is written', () => {
  const masker = createMasker([secret]);
  if (masker === undefined) throw new Error('it can be masked');
  const times: (Date | undefined)[] = [];
  const { heard, sink } = recorder();
  const write = (chunk: Uint8Array, at?: Date): void => {
    times.push(at);
    sink.write(chunk);
  };
  const { sinks, finish } = maskSinks(masker, { stdout: { write }, stderr: sink });
  const at = new Date(5);
  sinks.stdout.write(Buffer.from('a canary-val'), at);
  expect(heard).toEqual(['a ']);
  expect(times).toEqual([at]);
  expect(finish()).toEqual([]);
  expect(heard.join('')).toBe('a canary-val');
});
