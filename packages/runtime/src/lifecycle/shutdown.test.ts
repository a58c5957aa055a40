import { describe, expect, it } from 'vitest';
import { silentLog } from '../observe/index.ts';
import { Shutdown } from './shutdown.ts';
import { sleep } from './sleep.ts';

describe('shutdown', () => {
  it('runs its steps once, last in first out, whatever fails', async () => {
    const order: string[] = [];
    const shutdown = new Shutdown(silentLog);
    shutdown.add('first', () => void order.push('first'));
    shutdown.add('broken', () => Promise.reject(new Error('x')));
    shutdown.add('last', async () => void order.push('last'));
    const results = await Promise.all([shutdown.close(), shutdown.close()]);
    expect(order).toEqual(['last', 'first']);
    expect(results).toEqual([false, false]);
  });

  it('leaves a step behind that takes longer than its limit', async () => {
    const shutdown = new Shutdown(silentLog);
    let ended = false;
    shutdown.add('after', () => void (ended = true));
    shutdown.add('hangs', () => new Promise(() => {}), 10);
    expect(await shutdown.close()).toBe(false);
    expect(ended).toBe(true);
  });
});

describe('sleep', () => {
  it('ends early, without rejecting, when its signal fires', async () => {
    const stop = new AbortController();
    const asleep = sleep(600_000, stop.signal);
    stop.abort();
    await asleep;
  });
});
