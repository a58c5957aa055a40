import { mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs';
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

  it('shows its last lines', () => {
    const path = join(dir, 'x.log');
    const log = openLog(path);
    writeSync(log.fd, 'a\nb\nc\n');
    log.close();
    expect(lastLines(path, 2)).toEqual(['b', 'c']);
  });
});
