import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastLines, openLog, rotateLog } from './log-file.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cy-log-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('a log', () => {
  it('is set aside when it is too large, and its writer goes on in the emptied file', () => {
    const path = join(dir, 'node.log');
    const log = openLog(path);
    writeSync(log.fd, 'first\n'.repeat(10));
    expect(rotateLog(path, 100)).toBe(false);
    expect(rotateLog(path, 50)).toBe(true);
    writeSync(log.fd, 'second\n');
    log.close();
    expect(readFileSync(path, 'utf8')).toBe('second\n');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('first\n'.repeat(10));
  });

  it('that is not there yet is left alone', () => {
    expect(rotateLog(join(dir, 'none.log'))).toBe(false);
    expect(lastLines(join(dir, 'none.log'), 3)).toEqual([]);
  });

  it.each([
    ['the older piece', '.1'],
    ['the log', ''],
  ])('that cannot be set aside, because of %s, ends nobody', (_what, suffix) => {
    const path = join(dir, 'node.log');
    mkdirSync(join(`${path}${suffix}`, 'below'), { recursive: true });
    const log = suffix === '' ? undefined : openLog(path);
    if (log !== undefined) writeSync(log.fd, 'x'.repeat(100));
    log?.close();
    for (const _time of [1, 2]) expect(rotateLog(path, 1)).toBe(false);
    if (log !== undefined) expect(readFileSync(path, 'utf8')).toBe('x'.repeat(100));
  });

  it('shows its last lines', () => {
    const path = join(dir, 'x.log');
    const log = openLog(path);
    writeSync(log.fd, 'a\nb\nc\n');
    log.close();
    expect(lastLines(path, 2)).toEqual(['b', 'c']);
  });
});
