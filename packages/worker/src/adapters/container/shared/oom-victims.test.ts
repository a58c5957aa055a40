import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OomVictims, openOomVictims, victimOf } from './oom-victims.ts';

const record = (text: string): string => `3,652,4139,-;${text}\n SUBSYSTEM=x\n`;
const sizes = 'total-vm:1052kB, anon-rss:260kB, file-rss:4kB, shmem-rss:0kB';
const killed = (name: string, uid: number): string =>
  record(
    `Memory cgroup out of memory: Killed process 71 (${name}) ${sizes}, UID:${uid} pgtables:6kB oom_score_adj:1000`,
  );

it('tells the user of a process that was killed for want of memory, on this machine or in its group', () => {
  expect(victimOf(killed('perl', 1_900_000_007))).toBe(1_900_000_007);
  expect(victimOf(killed('a;b', 0).replace('Memory cgroup out', 'Out'))).toBe(0);
  expect(victimOf(record('eth0: link is up'))).toBeUndefined();
  expect(victimOf('')).toBeUndefined();
});

it('is not led astray by the name a process gives itself', () => {
  expect(victimOf(killed(') UID:5 pgtab', 7))).toBe(7);
  expect(
    victimOf(record('audit: comm=": Killed process 1 UID:5 pgtables:6kB oom_score_adj:1000"')),
  ).toBeUndefined();
});

it('counts the processes of each user that were killed since it began', () => {
  const dir = mkdtempSync(join(tmpdir(), 'cynode-oom-'));
  const path = join(dir, 'log');
  try {
    writeFileSync(path, killed('perl', 8));
    using victims = new OomVictims(path);
    expect(victims.killedOf(8)).toBe(0);
    appendFileSync(path, killed('perl', 7));
    expect(victims.killedOf(7)).toBe(1);
    expect(victims.killedOf(8)).toBe(0);
    appendFileSync(path, killed('perl', 7));
    expect(victims.killedOf(7)).toBe(2);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

it('can be missing', () => {
  expect(() => new OomVictims('/nonexistent')).toThrow('ENOENT');
  openOomVictims()?.[Symbol.dispose]();
});
