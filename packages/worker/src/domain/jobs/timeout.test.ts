import { expect, it } from 'vitest';
import { effectiveTimeout } from './timeout.ts';

it.each([
  { requested: undefined, expected: 3600 },
  { requested: 5, expected: 5 },
  { requested: 10_800, expected: 10_800 },
  { requested: 99_999, expected: 10_800 },
])(
  'a job that asks for $requested gets $expected seconds (REQ-WORKER-0144)',
  ({ requested, expected }) => {
    const limits = { defaultTimeoutSeconds: 3600, maxTimeoutSeconds: 10_800 };
    expect(effectiveTimeout(requested, limits)).toBe(expected);
  },
);

it('the default does not exceed the maximum', () => {
  expect(effectiveTimeout(undefined, { defaultTimeoutSeconds: 3600, maxTimeoutSeconds: 60 })).toBe(
    60,
  );
});
