import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkoutStamp } from './checkout-stamp.ts';

let dir = '';
const commit = 'a'.repeat(40);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cy-stamp-'));
  mkdirSync(join(dir, '.git/refs/heads'), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the version of a checkout', () => {
  it('is the commit of the branch that is checked out', () => {
    writeFileSync(join(dir, '.git/HEAD'), 'ref: refs/heads/main\n');
    writeFileSync(join(dir, '.git/refs/heads/main'), `${commit}\n`);
    expect(checkoutStamp(dir)).toBe(commit);
  });

  it('is found among packed references', () => {
    writeFileSync(join(dir, '.git/HEAD'), 'ref: refs/heads/main\n');
    const other = `${'b'.repeat(40)} refs/heads/other\n`;
    writeFileSync(
      join(dir, '.git/packed-refs'),
      `# pack-refs\n${other}${commit} refs/heads/main\n`,
    );
    expect(checkoutStamp(dir)).toBe(commit);
  });

  it('is the commit itself when no branch is checked out', () => {
    writeFileSync(join(dir, '.git/HEAD'), `${commit}\n`);
    expect(checkoutStamp(dir)).toBe(commit);
  });

  it('is the package version outside Git', () => {
    rmSync(join(dir, '.git'), { recursive: true });
    writeFileSync(join(dir, 'package.json'), '{"version":"1.2.3"}');
    expect(checkoutStamp(dir)).toBe('version 1.2.3');
    rmSync(join(dir, 'package.json'));
    expect(checkoutStamp(dir)).toBe('version unknown');
  });
});
