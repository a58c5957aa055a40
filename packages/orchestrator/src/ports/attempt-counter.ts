import type { LoginAttempt } from '../domain/identity/lockout.ts';
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
  /** Takes down a failed login of a handle nobody has, for its lockout. */
  noteFailure(subject: string, at: Date): Promise<void>;
  /** The latest failed logins of a handle nobody has, newest first. */
  failures(subject: string): Promise<readonly LoginAttempt[]>;
  /** Forgets keys without an attempt in the last minute, and failures without one in the last hour; says how many. */
  removeStale(now: Date): Promise<number>;
}
