import { silentLog } from '@cynodeai/runtime/observe';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type CountedRefusal,
  type RefusedCall,
  type RefusedEntry,
  accountOf,
  addCounts,
} from '../../domain/audit/refusal.ts';
import { RefusalCounter } from './refusal-counter.ts';

const minute = Date.parse('2026-01-01T12:00:00Z');

function call(ip: string, more: Partial<RefusedCall> = {}): RefusedCall {
  const told = { operation: 'tasks.get', action: 'task.read', resource: 'task' } as const;
  const answer = { decision: 'deny', statusCode: 401, requestId: 'r', durationMs: 1 } as const;
  return { log: 'gateway', ...told, ...answer, ip, at: new Date(minute), ...more };
}

function entry(more: Partial<RefusedEntry>): RefusedEntry {
  const event = 'login_failure';
  const at = new Date(minute);
  return { log: 'auth', event, reason: 'x', userAgent: 'a', ip: '192.0.2.1', at, ...more };
}

/** A target that keeps rows as the database does. */
function target() {
  const rows = new Map<string, CountedRefusal>();
  const state = { isAway: false, writes: 0 };
  const add = async (refusals: readonly CountedRefusal[]): Promise<void> => {
    if (state.isAway) throw new Error('no database');
    state.writes += 1;
    for (const next of refusals) {
      const held = rows.get(next.key);
      rows.set(next.key, held === undefined ? next : addCounts(held, next));
    }
  };
  const total = (): number => [...rows.values()].reduce((sum, row) => sum + row.count, 0);
  return { add, rows, state, total };
}

describe('the counter of refusals', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('makes one row of a flood, written at once and then once a second', async () => {
    const log = target();
    const counter = new RefusalCounter(log, silentLog);
    counter.count(call('192.0.2.1'));
    await vi.advanceTimersByTimeAsync(50);
    expect(log.total()).toBe(1);
    for (let index = 0; index < 3999; index += 1) {
      counter.count(call('192.0.2.1', { at: new Date(minute + index) }));
    }
    await vi.advanceTimersByTimeAsync(999);
    expect(log.total()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect([...log.rows.values()]).toMatchObject([
      { address: '192.0.2.1', count: 4000, lastAt: new Date(minute + 3998) },
    ]);
    expect(log.state.writes).toBe(2);
  });

  it('takes a network of IPv6 for one address, and beyond a hundred addresses counts together', async () => {
    const log = target();
    const counter = new RefusalCounter(log, silentLog);
    for (let index = 0; index < 500; index += 1) {
      counter.count(call(`2001:db8:0:1::${index.toString(16)}`));
      counter.count(call(`198.51.${Math.floor(index / 100)}.${index % 100}`));
    }
    await counter.close();
    expect(log.rows.size).toBe(101);
    expect(log.total()).toBe(1000);
    const network = [...log.rows.values()].filter((row) => row.address === '2001:db8:0:1::/64');
    expect(network).toMatchObject([{ count: 500 }]);
    const others = [...log.rows.values()].filter((row) => row.address === undefined);
    expect(others).toMatchObject([{ count: 401 }]);
  });

  it('has a row for each account however many addresses try it, whatever strangers do meanwhile', async () => {
    const log = target();
    const counter = new RefusalCounter(log, silentLog);
    for (let index = 0; index < 300; index += 1) {
      counter.count(entry({ ip: `198.51.100.${index % 256}`, subject: `${index}` }));
      counter.count(entry({ ip: `203.0.113.${index % 256}`, userId: 'u', subject: 'ada' }));
    }
    counter.count(entry({ userId: 'v', subject: 'bob' }));
    await counter.close();
    const accounts = [...log.rows.values()].filter(({ first }) => accountOf(first) !== undefined);
    expect(accounts).toMatchObject([
      { first: { userId: 'u', subject: 'ada' }, address: undefined, count: 300 },
      { first: { userId: 'v', subject: 'bob' }, address: '192.0.2.1', count: 1 },
    ]);
    expect(log.rows.size).toBe(103);
  });

  it('tells of those it counts together what they share', async () => {
    const log = target();
    const counter = new RefusalCounter(log, silentLog);
    counter.count(entry({ subject: 'one' }));
    counter.count(entry({ subject: 'other' }));
    await counter.close();
    expect([...log.rows.values()]).toMatchObject([
      { first: { subject: undefined, userAgent: 'a' }, address: '192.0.2.1', count: 2 },
    ]);
  });

  it('begins new rows with a new minute', async () => {
    const log = target();
    const counter = new RefusalCounter(log, silentLog);
    counter.count(call('192.0.2.1'));
    await counter.flush();
    counter.count(call('192.0.2.1', { at: new Date(minute + 60_000) }));
    await counter.close();
    expect([...log.rows.keys()]).toEqual([
      '2026-01-01T12:00 tasks.get 401 192.0.2.1',
      '2026-01-01T12:01 tasks.get 401 192.0.2.1',
    ]);
  });

  it('loses none while the database is away for hours, and holds no more than the rows of a minute', async () => {
    const log = target();
    const counter = new RefusalCounter(log, silentLog);
    log.state.isAway = true;
    for (let index = 0; index < 180; index += 1) {
      for (let host = 0; host < 50; host += 1) {
        const at = new Date(minute + index * 60_000);
        counter.count(call(`10.${index}.0.${host}`, { at }));
      }
      await vi.advanceTimersByTimeAsync(60_000);
    }
    log.state.isAway = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(log.total()).toBe(9000);
    expect(log.rows.size).toBe(101);
  });

  it('says how many it had to give up at the end', async () => {
    const errors: unknown[] = [];
    const log = { ...silentLog, error: (_text: string, fields?: object) => errors.push(fields) };
    const away = { add: () => Promise.reject(new Error('no database')) };
    const counter = new RefusalCounter(away, log);
    counter.count(call('192.0.2.1'));
    counter.count(call('192.0.2.1'));
    await counter.close();
    expect(errors).toEqual([{ count: 2 }]);
  });
});
