import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { isConfined, parseHold, readHold } from './confinement-check.ts';

const status = (capabilities: string, noNewPrivileges: number, seccomp: number): string =>
  `Name:\tx\nCapInh:\t0\nCapEff:\t${capabilities}\nNoNewPrivs:\t${noNewPrivileges}\nSeccomp:\t${seccomp}\nSeccomp_filters:\t1\n`;

describe('how a process is held', () => {
  it.each([
    ['0000000000000000', 1, 2, true],
    ['0000000000000000', 0, 2, false],
    ['0000000000000000', 1, 0, false],
    ['000001ffffffffff', 1, 2, false],
    ['0000000000000001', 1, 2, false],
  ])('by capabilities %s, %d and %d is confined: %s', (capabilities, nnp, seccomp, confined) => {
    expect(isConfined(parseHold(status(capabilities, nnp, seccomp), false))).toBe(confined);
  });

  it('is read from the kernel, and unknown of one that is gone', () => {
    expect(readHold(process.pid)).toMatchObject({ ownNamespace: false });
    expect(readHold(2 ** 30)).toBeUndefined();
  });
});
