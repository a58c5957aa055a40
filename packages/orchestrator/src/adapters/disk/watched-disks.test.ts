import { silentLog } from '@cynodeai/runtime/observe';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { watchedDisks } from './watched-disks.ts';

function watched(shares: Record<string, number | Error>) {
  const state = { now: 0, looks: 0, warnings: 0 };
  const log = { ...silentLog, warn: () => void (state.warnings += 1) };
  const disks = watchedDisks({
    directories: Object.keys(shares),
    log,
    look: async (directory) => {
      state.looks += 1;
      const share = shares[directory];
      if (typeof share !== 'number') throw share ?? new Error('none');
      return { usedShare: share };
    },
    elapsed: () => state.now,
  });
  return { disks, state };
}

describe('watched disks', () => {
  it('are looked at once every five seconds, however many ask', async () => {
    const shares = { a: 0.5 };
    const { disks, state } = watched(shares);
    const ask = () => Promise.all(Array.from({ length: 1000 }, () => disks.usedShare()));
    expect(new Set(await ask())).toEqual(new Set([0.5]));
    shares.a = 0.96;
    state.now = 4999;
    expect(await disks.usedShare()).toBe(0.5);
    expect(state.looks).toBe(1);
    state.now = 5000;
    expect(new Set(await ask())).toEqual(new Set([0.96]));
    expect(state.looks).toBe(2);
  });

  it('tell of the fullest', async () => {
    expect(await watched({ a: 0.5, b: 0.97, c: 0.1 }).disks.usedShare()).toBe(0.97);
  });

  it('leave out one that cannot be seen, say so once, and know nothing without any', async () => {
    const gone = new Error('EACCES');
    expect(await watched({ a: gone, b: 0.3 }).disks.usedShare()).toBe(0.3);
    const { disks, state } = watched({ a: gone });
    for (let turn = 0; turn < 3; turn += 1) {
      state.now = turn * 5000;
      expect(await disks.usedShare()).toBeUndefined();
    }
    expect(state).toMatchObject({ looks: 3, warnings: 1 });
  });

  it('are those of this machine unless told', async () => {
    const share = await watchedDisks({ directories: [tmpdir()], log: silentLog }).usedShare();
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThanOrEqual(1);
  });
});
