import { backoffMs } from '@cynodeai/runtime/std';

/** A login attempt that reached the password check. */
export interface LoginAttempt {
  readonly succeeded: boolean;
  readonly at: Date;
}

const freeFailures = 5;
const delays = { firstMs: 30_000, maxMs: 15 * 60_000, jitter: 0 } as const;

/** How many of a handle's latest attempts decide; from here on the delay no longer grows. */
export const attemptsThatMatter = 10;

/**
 * Milliseconds until a handle may try again, 0 when it may now: after 5 failures in a row 30 s,
 * doubling with each further one up to 15 min; a success resets. `newestFirst` holds at least the
 * last 10 attempts. See docs/reference/identity-and-policy.md#throttling.
 */
export function lockedForMs(newestFirst: readonly LoginAttempt[], now: Date): number {
  const success = newestFirst.findIndex((attempt) => attempt.succeeded);
  const failures = success === -1 ? newestFirst.length : success;
  const last = newestFirst[0];
  if (failures < freeFailures || last === undefined) return 0;
  const delay = backoffMs(failures - freeFailures + 1, 0, delays);
  return Math.max(0, last.at.getTime() + delay - now.getTime());
}
