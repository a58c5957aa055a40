import { silentLog } from '@cynodeai/runtime/observe';
import { describe, expect, it } from 'vitest';
import { Ticker } from './ticker.ts';

/** Sleeps until woken; the time never passes by itself. */
const untilWoken = (_ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });

describe('a ticker', () => {
  it('runs again for a wake-up during a run, and ends when told', async () => {
    const stop = new AbortController();
    const ticker = new Ticker({ name: 'work', pollMs: 1, log: silentLog, sleep: untilWoken });
    let runs = 0;
    const running = ticker.run(async () => {
      runs += 1;
      if (runs < 3) ticker.wake();
      else queueMicrotask(() => stop.abort());
    }, stop.signal);
    await running;
    expect(runs).toBe(3);
  });

  it('runs again when something is due, and not any more once it is over', async () => {
    const stop = new AbortController();
    const due: { readonly ms: number; readonly is: () => void }[] = [];
    const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
      ms < 100 ? untilWoken(ms, signal) : new Promise((is) => due.push({ ms, is }));
    const ticker = new Ticker({ name: 'work', pollMs: 1, log: silentLog, sleep });
    let runs = 0;
    const running = ticker.run(async () => void (runs += 1), stop.signal);
    ticker.wakeWhenDue(1000, stop.signal);
    ticker.wakeWhenDue(2000, stop.signal);
    expect(due.map(({ ms }) => ms)).toEqual([1010, 2010]);
    await expect.poll(() => runs).toBe(1);
    due[0]?.is();
    await expect.poll(() => runs).toBe(2);
    stop.abort();
    due[1]?.is();
    await running;
    expect(runs).toBe(2);
  });

  it('polls, and survives a failing run without turning in a circle', async () => {
    const stop = new AbortController();
    const naps: number[] = [];
    const ticker = new Ticker({
      name: 'work',
      pollMs: 250,
      log: silentLog,
      sleep: async (ms) => {
        naps.push(ms);
        if (naps.length === 2) stop.abort();
      },
    });
    await ticker.run(async () => {
      ticker.wake();
      throw new Error('database away');
    }, stop.signal);
    expect(naps).toEqual([250, 250]);
  });

  it('wakes from its pause', async () => {
    const stop = new AbortController();
    const asleep = Promise.withResolvers<void>();
    const ticker = new Ticker({
      name: 'work',
      pollMs: 1,
      log: silentLog,
      sleep: (ms, signal) => {
        asleep.resolve();
        return untilWoken(ms, signal);
      },
    });
    let runs = 0;
    const running = ticker.run(async () => {
      runs += 1;
      if (runs === 2) stop.abort();
    }, stop.signal);
    await asleep.promise;
    ticker.wake();
    await running;
    expect(runs).toBe(2);
  });
});
