import { expect, it } from 'vitest';
import { describeProbe } from './engine-check.ts';

it('puts the plain facts of a probe into one line', () => {
  const text = JSON.stringify({ facts: { runtime: 'podman', rootless: false, features: ['x'] } });
  expect(describeProbe(text)).toBe('runtime podman, rootless false');
  expect(describeProbe('not json')).toBe('usable');
});
