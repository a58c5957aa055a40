import { FakeClock } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import type { OldRows } from '../../ports/retention.ts';
import { removeOldRows } from './remove-old-rows.ts';

const clock = new FakeClock(new Date('2026-06-01T00:00:00Z'));

function rowsOf(settings: Readonly<Record<string, number>>, left: Map<string, number>) {
  const take = async (what: string) => {
    const count = left.get(what) ?? 0;
    if (count < 0) throw new Error(`${what} is locked`);
    const removed = Math.min(count, 10);
    left.set(what, count - removed);
    return { removed, more: removed === 10 };
  };
  const rows: OldRows = {
    settings: async () => new Map(Object.entries(settings)),
    auditLogs: ['one', 'two'],
    removeAudit: take,
    removeEvents: () => take('events'),
  };
  const stopping = new AbortController();
  const folders = { removeUnused: () => take('folders') };
  return { rows, folders, removeTasks: () => take('tasks'), clock, stopping: stopping.signal };
}

describe('the removal of old rows', () => {
  it('goes on in batches until nothing is left, and leaves tasks alone', async () => {
    const left = new Map(Object.entries({ one: 35, two: 10, events: 3, tasks: 7, folders: 12 }));
    expect(await removeOldRows(rowsOf({}, left))).toBe(60);
    const gone = { one: 0, two: 0, events: 0, folders: 0 };
    expect(Object.fromEntries(left)).toEqual({ ...gone, tasks: 7 });
  });

  it('removes tasks only when told, and keeps for ever what is told so', async () => {
    const left = new Map(Object.entries({ one: 5, events: 5, tasks: 7, folders: 1 }));
    const settings = {
      'retention.tasks_days': 30,
      'retention.audit_days': 0,
      'retention.folders_days': 0,
    };
    expect(await removeOldRows(rowsOf(settings, left))).toBe(12);
    expect(Object.fromEntries(left)).toEqual({ one: 5, events: 0, tasks: 0, folders: 1 });
  });

  it('goes on with the next log when one cannot be worked on, and says so', async () => {
    const left = new Map(Object.entries({ one: -1, two: 4, events: 2 }));
    await expect(removeOldRows(rowsOf({}, left))).rejects.toThrow('one is locked');
    expect([left.get('two'), left.get('events')]).toEqual([0, 0]);
  });

  it('stops with its process', async () => {
    const left = new Map([['one', 100]]);
    const deps = { ...rowsOf({}, left), stopping: AbortSignal.abort() };
    expect(await removeOldRows(deps)).toBe(0);
  });
});
