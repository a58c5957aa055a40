import process from 'node:process';
import { expect, it } from 'vitest';
import { isAlive } from './is-alive.ts';

it('tells a process that is there from none, and never asks about groups', () => {
  expect([isAlive(process.pid), isAlive(1)]).toEqual([true, true]);
  // Above the greatest process id that Linux gives.
  expect([4_194_305, 0, -1, Number.NaN].some(isAlive)).toBe(false);
});
