import { type MemoryLog, memoryLog } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import type { Renewal } from '../../ports/leases.ts';
import type { HeldLease, Lease } from './held-lease.ts';
import { HeldLeases, type HeldLeasesOptions } from './held-leases.ts';

interface Work extends Lease {
  readonly id: string;
}

const work = (id: string, change: Partial<Work> = {}): Work => ({
  id,
  leaseId: `lease-${id}`,
  leaseMs: 60_000,
  ...change,
});

const renewal = (leaseMs = 60_000): Renewal => ({ leaseMs, canceled: [], lost: [] });

/** Leases over a store that remembers what it was asked; the work ends when the test says so. */
function world(change: Partial<HeldLeasesOptions<Work>> = {}) {
  const time = { ms: 0 };
  const log: MemoryLog = memoryLog();
  const renewed: string[][] = [];
  const free = { count: 0 };
  const next: { leaseMs?: number; canceledNow?: readonly string[] } = {};
  const held = new HeldLeases<Work>({
    what: 'thing',
    idField: 'thing_id',
    idOf: ({ id }) => id,
    renew: async (leases) => {
      renewed.push(leases.map(({ leaseId }) => leaseId));
      return renewal(next.leaseMs);
    },
    canceledAmong: async (ids) => ids.filter((id) => next.canceledNow?.includes(id)),
    aliveBy: 'heartbeat',
    whenCanceled: 'wait',
    log,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (ms === 0 || signal?.aborted === true) resolve();
        else signal?.addEventListener('abort', () => resolve());
      }),
    monotonicMs: () => time.ms,
    onFree: () => void (free.count += 1),
    ...change,
  });
  const ends = new Map<string, () => void>();
  const taken: HeldLease<Work>[] = [];
  /** Claims works that go on until `end` is called or they are told to let go. */
  const claim = (...claimed: readonly Work[]): Promise<number> =>
    held.claim(
      async () => claimed,
      (one) => {
        taken.push(one);
        return new Promise((resolve) => {
          ends.set(one.lease.leaseId, resolve);
          one.lost.addEventListener('abort', () => resolve());
        });
      },
    );
  const end = (leaseId: string): void => ends.get(leaseId)?.();
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { held, claim, end, taken, time, log, renewed, next, free, settled };
}

const never = { onLeft: () => {}, handBack: async () => {} };

describe('a claim', () => {
  it('starts the work without waiting for it, and frees its place when it ends', async () => {
    const { held, claim, end, free, settled } = world();
    expect(await claim(work('a'), work('b'))).toBe(2);
    expect(held.leaseIds).toEqual(['lease-a', 'lease-b']);
    end('lease-a');
    await settled();
    expect([held.leaseIds, free.count]).toEqual([['lease-b'], 1]);
  });

  it('counts the lease from before it was asked for', async () => {
    const { held, time } = world();
    await held.claim(
      async () => {
        time.ms += 31_000;
        return [work('a')];
      },
      async (one) => expect([one.aliveAt, one.isStale(time.ms)]).toEqual([0, true]),
    );
  });

  it('is not made once closed', async () => {
    const { held, claim, taken } = world();
    held.close();
    expect(await claim(work('a'))).toBe(0);
    expect([held.isClosed, taken]).toEqual([true, []]);
  });

  it('of work that is held already lets go of the former lease', async () => {
    const { held, claim, taken, settled } = world();
    await claim(work('a'));
    await claim(work('a', { leaseId: 'second' }));
    await settled();
    expect(taken.map((one) => one.lost.aborted)).toEqual([true, false]);
    expect(held.leaseIds).toEqual(['second']);
  });

  it('whose work fails is logged and forgotten', async () => {
    const { held, log, settled } = world();
    await held.claim(
      async () => [work('a')],
      () => Promise.reject(new Error('a defect')),
    );
    await settled();
    expect(held.size).toBe(0);
    expect(log.lines.at(-1)).toMatchObject({
      message: 'a thing could not be brought to its end',
      fields: { thing_id: 'a', error: 'a defect' },
    });
  });
});

describe('a renewal', () => {
  it('is one call for all work that gave a sign of life, and none without work', async () => {
    const { held, claim, taken, time, renewed } = world();
    await held.renew();
    await claim(work('a'), work('b'));
    time.ms = 40_000;
    for (const one of taken.slice(0, 1)) one.aliveAt = time.ms;
    await held.renew();
    expect(renewed).toEqual([['lease-a']]);
    expect(held.aliveLeaseIds).toEqual(['lease-a', 'lease-b']);
    time.ms = 60_000;
    expect(held.aliveLeaseIds).toEqual(['lease-a']);
  });

  it('asks for no sign of life when the holder does the work itself', async () => {
    const { held, claim, time, renewed } = world({ aliveBy: 'holder' });
    await claim(work('a'));
    time.ms = 1_000_000;
    await held.renew();
    expect([renewed, held.aliveLeaseIds]).toEqual([[['lease-a']], ['lease-a']]);
  });

  it('tells work that its lease is lost, unless it has another one by now', async () => {
    const { held, claim, taken, log } = world({
      renew: async () => {
        for (const one of taken.slice(1)) one.replace(work('b', { leaseId: 'moved' }), 0);
        return { ...renewal(), lost: ['a', 'b', 'unknown'] };
      },
    });
    await claim(work('a'), work('b'));
    await held.renew();
    expect(taken.map((one) => one.lost.aborted)).toEqual([true, false]);
    expect(log.lines.map(({ message }) => message)).toEqual(['the lease of a thing is gone']);
  });

  it('happens three times within the shortest lease there is', async () => {
    const { held, claim, next } = world();
    await claim(work('a'));
    expect(held.renewMs).toBe(20_000);
    next.leaseMs = 3000;
    await held.renew();
    expect(held.renewMs).toBe(1000);
    await claim(work('b', { leaseMs: 1500 }));
    expect(held.renewMs).toBe(500);
  });

  it('goes on until the last work is over', async () => {
    const naps: (() => void)[] = [];
    const { held, claim, end, renewed, settled } = world({
      sleep: (_ms, signal) =>
        new Promise((resolve) => {
          naps.push(resolve);
          signal?.addEventListener('abort', () => resolve());
        }),
    });
    held.start();
    await claim(work('a'));
    held.close();
    const drained = held.drain(1000, never);
    naps[0]?.();
    await settled();
    expect(renewed).toEqual([['lease-a']]);
    end('lease-a');
    await drained;
  });
});

describe('canceled work', () => {
  it('is marked once and waited for', async () => {
    const { held, claim, taken, next } = world();
    await held.findCanceled();
    await claim(work('a'), work('b'));
    next.canceledNow = ['a'];
    await held.findCanceled();
    expect(taken.map((one) => [one.canceled, one.lost.aborted])).toEqual([
      [true, false],
      [false, false],
    ]);
    held.noteCanceled(['unknown']);
  });

  it('ends at once where that is the rule', async () => {
    const { held, claim, taken, settled } = world({ whenCanceled: 'let_go' });
    await claim(work('a'));
    held.noteCanceled(['a']);
    await settled();
    expect([taken[0]?.lost.aborted, held.size]).toEqual([true, 0]);
  });
});

describe('the end of the holder', () => {
  it('waits for work that ends in time', async () => {
    const { held, claim, end } = world();
    await claim(work('a'));
    const drained = held.drain(1000, {
      ...never,
      onLeft: () => expect.fail('nothing should be left'),
    });
    end('lease-a');
    await drained;
    expect(held.size).toBe(0);
  });

  it('waits no longer once that is of no use, and says so when the leases cannot be handed over', async () => {
    const { held, claim } = world({
      sleep: (_ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted === true) resolve();
          signal?.addEventListener('abort', () => resolve());
        }),
    });
    await claim(work('a'));
    const away = new AbortController();
    const left: number[] = [];
    const drained = held.drain(1_000_000, {
      onLeft: (count) => void left.push(count),
      handBack: async () => {
        throw new Error('the database is away');
      },
      hurry: away.signal,
    });
    away.abort();
    await drained;
    expect([left, held.size]).toEqual([[1], 0]);
  });

  it('hands the rest back under the leases it has then, after the work let go', async () => {
    const { held, claim, taken } = world();
    await claim(work('a'), work('b'));
    taken[0]?.replace(work('a', { leaseId: 'moved' }), 0);
    const steps: unknown[] = [];
    await held.drain(0, {
      onLeft: (count) =>
        void steps.push(
          count,
          taken.some((one) => one.lost.aborted),
        ),
      handBack: async (leases) =>
        void steps.push(
          leases.map(({ leaseId }) => leaseId),
          held.size,
        ),
    });
    expect(steps).toEqual([2, false, ['moved', 'lease-b'], 0]);
  });

  it.each([
    ['gives back what was claimed only after the end', false],
    ['says so when what was claimed only after the end cannot be given back', true],
  ])('%s, and starts none of it', async (_what, isAway) => {
    const { held, claim, log } = world();
    await claim(work('a'));
    const committed = Promise.withResolvers<readonly Work[]>();
    const started: string[] = [];
    const late = held.claim(
      () => committed.promise,
      async ({ lease }) => void started.push(lease.id),
    );
    held.close();
    const back: (readonly string[])[] = [];
    await held.drain(0, {
      ...never,
      handBack: async (leases) => {
        back.push(leases.map(({ leaseId }) => leaseId));
        if (isAway && back.length > 1) throw new Error('the database is away');
      },
    });
    committed.resolve([work('b'), work('c')]);
    expect(await late).toBe(0);
    expect([started, held.size, back]).toEqual([[], 0, [['lease-a'], ['lease-b', 'lease-c']]]);
    expect(log.lines.map(({ message }) => message)).toEqual(
      isAway ? ['leases of things could not be handed over and end by themselves'] : [],
    );
  });

  it('gives back, too, what was claimed while the rest was handed over', async () => {
    const { held, claim } = world();
    await claim(work('a'));
    const committed = Promise.withResolvers<readonly Work[]>();
    const late = held.claim(
      () => committed.promise,
      () => expect.fail('nothing should be started'),
    );
    held.close();
    const back: string[] = [];
    await held.drain(0, {
      ...never,
      handBack: async (leases) => {
        back.push(...leases.map(({ leaseId }) => leaseId));
        committed.resolve(back.length === 1 ? [work('b')] : []);
        if (back.length === 1) await late;
      },
    });
    expect([back, held.size]).toEqual([['lease-a', 'lease-b'], 0]);
  });
});
