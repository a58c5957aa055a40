import { once } from 'node:events';
import { expect, it } from 'vitest';
import { sideBySide } from './side-by-side.ts';

const calm = (): AbortSignal => new AbortController().signal;

it('waits for both', async () => {
  const done: string[] = [];
  const work = (name: string) => async () => void done.push(name);
  await sideBySide(calm(), work('a'), work('b'));
  expect(done).toEqual(['a', 'b']);
});

it('stops the other one when one fails, waits for its end, and gives the first failure', async () => {
  const done: string[] = [];
  const fail = async (): Promise<void> => {
    throw new Error('first');
  };
  const stopped = async (signal: AbortSignal): Promise<void> => {
    if (!signal.aborted) await once(signal, 'abort');
    await new Promise((resolve) => setImmediate(resolve));
    done.push('stopped');
    throw new Error('second');
  };
  await expect(sideBySide(calm(), fail, stopped)).rejects.toThrow('first');
  await expect(sideBySide(calm(), stopped, fail)).rejects.toThrow('first');
  expect(done).toEqual(['stopped', 'stopped']);
});

it('stops both when it is told to', async () => {
  const stop = new AbortController();
  const until = async (signal: AbortSignal): Promise<void> => {
    await once(signal, 'abort');
    signal.throwIfAborted();
  };
  const both = sideBySide(stop.signal, until, until);
  stop.abort(new Error('told'));
  await expect(both).rejects.toThrow('told');
});
