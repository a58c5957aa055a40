import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { identityOf, isAlive, parseStat } from './process-identity.ts';

describe('the identity of a process', () => {
  it('is read past a name with spaces and brackets', () => {
    const stat = `42 (a) b (c)) S ${Array.from({ length: 18 }, (_, index) => index).join(' ')} 9876 0`;
    expect(parseStat(stat)).toEqual({ state: 'S', startTicks: 9876 });
  });

  it('is undefined for a text of another form', () => {
    expect(parseStat('')).toBeUndefined();
    expect(parseStat('42 (x) S 1 2')).toBeUndefined();
  });

  it('tells a process from a later one with the same id', () => {
    const own = identityOf(process.pid);
    expect(own).toBeDefined();
    if (own === undefined) return;
    expect(isAlive(own)).toBe(true);
    expect(isAlive({ ...own, startTicks: own.startTicks - 1 })).toBe(false);
  });

  it('is undefined for an id nobody has', () => {
    expect(identityOf(4_194_305)).toBeUndefined();
  });

  it('is not one of an earlier boot that had its id and its start time', () => {
    const own = identityOf(process.pid);
    if (own === undefined) throw new Error('no /proc');
    expect(isAlive({ ...own, boot: '0198c0de-0000-4000-8000-000000000000' })).toBe(false);
    expect(isAlive({ pid: own.pid, startTicks: own.startTicks })).toBe(true);
  });
});
