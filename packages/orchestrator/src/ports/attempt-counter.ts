import type { CountedAttempt } from '../domain/identity/rate-window.ts';

/**
 * Attempts per key over the last minute, shared by every gateway of the install.
 * See docs/reference/identity-and-policy.md#throttling.
 */
export interface AttemptCounter {
  /** Counts one attempt; `max` is how many of a key decide. */
  count(attempt: {
    readonly key: string;
    readonly max: number;
    readonly at: Date;
  }): Promise<CountedAttempt>;
  /** Forgets keys without an attempt in the last minute; says how many. */
  removeStale(now: Date): Promise<number>;
}
