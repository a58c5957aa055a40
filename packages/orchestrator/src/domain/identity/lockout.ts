import { backoffMs } from '@cynodeai/runtime/std';

/** A login attempt that reached the password check. */
export interface LoginAttempt {
  readonly succeeded: boolean;
  readonly at: Date;
}

const freeFailures = 5;
/** Failures that nobody added to for so long count no more, ms. */
export const forgottenAfterMs = 3_600_000;
const delays = { firstMs: 30_000, maxMs: 15 * 60_000, jitter: 0 } as const;

/** How many of a handle's latest attempts decide; from here on the delay no longer grows. */
export const attemptsThatMatter = 10;

function failuresInARow(newestFirst: readonly LoginAttempt[], now: Date): number {
  let later = now.getTime();
  let failures = 0;
  for (const { succeeded, at } of newestFirst) {
    if (succeeded || later - at.getTime() > forgottenAfterMs) break;
    later = at.getTime();
    failures += 1;
  }
  return failures;
}

/**
 * Milliseconds until a handle may try again, 0 when it may now: after 5 failures in a row 30 s,
 * doubling with each further one up to 15 min; a success or an hour without an attempt resets. `newestFirst` holds at least the
 * last 10 attempts. See docs/reference/identity-and-policy.md#throttling.
 */
export function lockedForMs(newestFirst: readonly LoginAttempt[], now: Date): number {
  const failures = failuresInARow(newestFirst, now);
  const last = newestFirst[0];
  if (failures < freeFailures || last === undefined) return 0;
  const delay = backoffMs(failures - freeFailures + 1, 0, delays);
  return Math.max(0, last.at.getTime() + delay - now.getTime());
}
