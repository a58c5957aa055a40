import { expect, it, vi } from 'vitest';
import { watchStorage } from './watch-storage.ts';

/** A clock that only moves when somebody sleeps or a ping takes its time. */
function watched(answers: (now: number) => boolean, pingMs = 0, untilMs = 20_000) {
  let now = 0;
  const control = new AbortController();
  const onAway = vi.fn();
  const done = watchStorage({
    ping: async () => {
      now += pingMs;
      if (!answers(now)) throw new Error('away');
    },
    sleep: async (ms) => {
      now += ms;
      if (now >= untilMs) control.abort();
    },
    monotonicMs: () => now,
    signal: control.signal,
    onAway,
  });
  return { done, onAway, at: () => now };
}

it.each([
  ['refuses at once', 0],
  ['takes its time to refuse', 900],
  ['does not answer within the limit of a connection', 5000],
])('a database that %s is away after 3 s, told once', async (_how, pingMs) => {
  const { done, onAway, at } = watched(() => false, pingMs);
  await done;
  expect(onAway).toHaveBeenCalledOnce();
  expect(at()).toBeGreaterThanOrEqual(3000);
  expect(at()).toBeLessThanOrEqual(3000 + 2 * (pingMs + 500));
});

it('one that never answers and never refuses is away after 3 s as well', async () => {
  let now = 0;
  const ping = vi.fn(() => new Promise(() => {}));
  const onAway = vi.fn();
  const sleep = async (ms: number) => void (now += ms);
  await watchStorage({
    ping,
    sleep,
    monotonicMs: () => now,
    signal: new AbortController().signal,
    onAway,
  });
  expect([onAway.mock.calls.length, ping.mock.calls.length, now]).toEqual([1, 1, 3000]);
});

it.each([
  ['answers', () => true],
  ['comes back before the time is over', (now: number) => now % 3000 >= 2000],
])('one that %s is not away', async (_how, answers) => {
  const { done, onAway } = watched(answers);
  await done;
  expect(onAway).not.toHaveBeenCalled();
});
