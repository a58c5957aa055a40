import { silentLog } from '@cynodeai/runtime/observe';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GatewayAuditRow } from '../../ports/audit.ts';
import { AuditQueue } from './audit-queue.ts';
import { auditRow } from './record.ts';

function row(requestId: string): GatewayAuditRow {
  const entry = { operation: 'tasks.get', action: 'task.read', resource: 'task' } as const;
  const call = { requestId, ip: '::1', entry, elapsedMs: () => 1 };
  const answer = { decision: 'deny', statusCode: 404 } as const;
  return auditRow(call, undefined, { resourceId: undefined }, answer, new Date(0));
}

describe('the queue of audit rows', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('writes in batches, soon but not at once', async () => {
    const batches: number[] = [];
    const queue = new AuditQueue(
      { append: async (rows) => void batches.push(rows.length) },
      silentLog,
    );
    for (let index = 0; index < 450; index += 1) queue.record(row(`r${index}`));
    expect(batches).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(batches).toEqual([200, 200, 50]);
    await queue.close();
    expect(batches).toHaveLength(3);
  });

  it('writes within 100 ms, so that a crash loses no more', async () => {
    const written: string[] = [];
    const append = async (rows: readonly GatewayAuditRow[]): Promise<void> =>
      void written.push(...rows.map((one) => one.requestId));
    const queue = new AuditQueue({ append }, silentLog);
    queue.record(row('a'));
    await vi.advanceTimersByTimeAsync(50);
    queue.record(row('b'));
    await vi.advanceTimersByTimeAsync(50);
    expect(written).toEqual(['a', 'b']);
  });

  it('lets whoever must not run ahead of their row wait for it, many for one statement', async () => {
    const batches: string[][] = [];
    const gates: (() => void)[] = [];
    const append = async (rows: readonly GatewayAuditRow[]): Promise<void> => {
      batches.push(rows.map((one) => one.requestId));
      await new Promise<void>((resolve) => gates.push(resolve));
    };
    const queue = new AuditQueue({ append }, silentLog);
    const settled: string[] = [];
    const waits = ['a', 'b', 'c'].map(async (id) => {
      await queue.write(row(id));
      settled.push(id);
    });
    await vi.advanceTimersByTimeAsync(10);
    expect([batches, settled]).toEqual([[['a']], []]);
    gates[0]?.();
    await vi.advanceTimersByTimeAsync(10);
    expect([batches, settled]).toEqual([[['a'], ['b', 'c']], ['a']]);
    gates[1]?.();
    await Promise.all(waits);
  });

  it('holds no answer up while the database is away, and writes the row later', async () => {
    const written: string[] = [];
    let broken = true;
    const append = async (rows: readonly GatewayAuditRow[]): Promise<void> => {
      if (broken) throw new Error('no database');
      written.push(...rows.map((one) => one.requestId));
    };
    const queue = new AuditQueue({ append }, silentLog);
    await Promise.all([queue.write(row('a')), queue.write(row('b'))]);
    broken = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(written).toEqual(['a', 'b']);
  });

  it('keeps rows that could not be written, in order, and tries again', async () => {
    const written: string[] = [];
    let broken = true;
    const append = async (rows: readonly GatewayAuditRow[]): Promise<void> => {
      if (broken) throw new Error('no database');
      written.push(...rows.map((one) => one.requestId));
    };
    const queue = new AuditQueue({ append }, silentLog);
    queue.record(row('a'));
    await vi.advanceTimersByTimeAsync(300);
    queue.record(row('b'));
    broken = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(written).toEqual(['a', 'b']);
  });

  it('says how many rows it had to give up', async () => {
    const lost: unknown[] = [];
    const log = {
      ...silentLog,
      error: (_message: string, fields?: object) => void lost.push(fields),
    };
    const queue = new AuditQueue({ append: () => Promise.reject(new Error('no database')) }, log);
    for (let index = 0; index < 50_001; index += 1) queue.record(row('x'));
    expect(lost).toEqual([{ count: 200 }]);
    await queue.close();
    expect(lost).toEqual([{ count: 200 }, { count: 49_801 }]);
  });
});
