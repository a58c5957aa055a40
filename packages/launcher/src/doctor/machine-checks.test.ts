import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  checkCgroups,
  checkDatabaseDisk,
  checkDisks,
  checkNode,
  checkNpm,
} from './machine-checks.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cy-doctor-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the doctor', () => {
  it.each([
    ['24.7.0', 'ok'],
    ['25.0.1', 'ok'],
    ['24.6.9', 'fail'],
    ['20.20.2', 'fail'],
  ])('judges Node %s as %s', (version, result) => {
    expect(checkNode(version).result).toBe(result);
  });

  it('finds npm on the path, and only warns without it', () => {
    expect(checkNpm({ PATH: dir })).toMatchObject({ result: 'warn' });
    writeFileSync(join(dir, 'npm'), '');
    expect(checkNpm({ PATH: `/nowhere:${dir}` }).result).toBe('ok');
  });

  it('tells the kinds of cgroups apart', () => {
    expect(checkCgroups(join(dir, 'none')).result).toBe('fail');
    expect(checkCgroups(dir).detail).toContain('version 1');
    mkdirSync(join(dir, 'unified'));
    expect(checkCgroups(dir).detail).toContain('hybrid');
    writeFileSync(join(dir, 'cgroup.controllers'), '');
    expect(checkCgroups(dir)).toMatchObject({ result: 'ok', detail: 'version 2' });
  });

  it('measures the disk a folder will be on before the folder is there, each disk once', async () => {
    const checks = await checkDisks([join(dir, 'a/b/c'), dir]);
    expect(checks).toMatchObject([{ name: 'disk space' }]);
    expect(checks[0]?.detail).toMatch(/^\d+ % used, [\d.]+ GiB free at /);
    expect(checks[0]?.detail).toContain(`free at ${dir}`);
  });

  it('says that it does not see the disk of another database', () => {
    expect(checkDatabaseDisk({})).toEqual([]);
    const [check] = checkDatabaseDisk({ DATABASE_URL: 'postgresql://db.example/x' });
    expect(check?.detail).toContain('not from here');
  });
});
