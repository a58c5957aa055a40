import { memoryLog } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import type { LiveOutput } from '../../ports/live-output.ts';
import { LiveText } from './live-text.ts';

const lease = { taskId: 't', jobId: 'j', leaseId: 'l' };

function world(answer: () => Promise<boolean> = async () => true) {
  const told: string[] = [];
  const pauses: PromiseWithResolvers<void>[] = [];
  const live: LiveOutput = {
    tell: async (_lease, pieces) => {
      const stored = await answer();
      if (stored) told.push(pieces.map(({ text }) => text).join(''));
      return stored;
    },
  };
  const sleep = (_ms: number, signal?: AbortSignal): Promise<void> => {
    const pause = Promise.withResolvers<void>();
    pauses.push(pause);
    signal?.addEventListener('abort', () => pause.resolve());
    return pause.promise;
  };
  const text = new LiveText(lease, { live, sleep, log: memoryLog() });
  /** Lets the next pause end, and waits for what follows. */
  const go = async (): Promise<void> => {
    pauses.shift()?.resolve();
    await new Promise(setImmediate);
  };
  return { text, told, go };
}

describe('the output of a running job', () => {
  it('is told in pieces of what came meanwhile, and the end knows how much', async () => {
    const { text, told, go } = world();
    text.add('a');
    text.add('b');
    await go();
    expect(told).toEqual(['ab']);
    text.add('c\u0000');
    await go();
    text.add('left for the end');
    expect(await text.close()).toBe(4);
    expect(told).toEqual(['ab', 'c\uFFFD']);
    text.add('too late');
    expect(await text.close()).toBe(4);
  });

  it('waits for a database that is away, and loses nothing of the order', async () => {
    let isAway = true;
    const { text, told, go } = world(async () => {
      if (isAway) throw new Error('away');
      return true;
    });
    text.add('a');
    await go();
    text.add('b');
    await go();
    isAway = false;
    await go();
    expect(told).toEqual(['ab']);
    expect(await text.close()).toBe(2);
  });

  it('ends with the lease', async () => {
    const { text, told, go } = world(async () => false);
    text.add('a');
    await go();
    text.add('b');
    await go();
    expect(told).toEqual([]);
    expect(await text.close()).toBe(0);
  });
});
