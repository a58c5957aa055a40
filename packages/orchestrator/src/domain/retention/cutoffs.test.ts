import { describe, expect, it } from 'vitest';
import { cutoffsAt, retentionKeys } from './cutoffs.ts';

const now = new Date('2026-06-01T00:00:00Z');
const before = (days: number): Date => new Date(now.getTime() - days * 86_400_000);

describe('what is old', () => {
  it('is 90 days for audit rows and events, a day for unused folders, and no task ever, unless told', () => {
    const unset = { audit: before(90), events: before(90), tasks: undefined, folders: before(1) };
    expect(cutoffsAt(now, new Map())).toEqual(unset);
    for (const wrong of ['7', 1.5, -1, 36_526, null, [7]]) {
      const stored = new Map(Object.values(retentionKeys).map((key) => [key, wrong]));
      expect(cutoffsAt(now, stored)).toEqual(unset);
    }
  });

  it('is what the settings say, 0 being never', () => {
    const stored = new Map([
      [retentionKeys.audit, 0],
      [retentionKeys.events, 7],
      [retentionKeys.tasks, 1],
      [retentionKeys.folders, 3],
    ]);
    expect(cutoffsAt(now, stored)).toEqual({
      audit: undefined,
      events: before(7),
      tasks: before(1),
      folders: before(3),
    });
  });
});
