/** Length of the sliding window, ms. See docs/reference/identity-and-policy.md#throttling. */
export const rateWindowMs = 60_000;

/** What counting one attempt found. */
export interface CountedAttempt {
  /** Attempts of the last minute with this one, as far as they decide. */
  readonly count: number;
  /** When the `max`-th latest attempt was made; absent while there are fewer. */
  readonly decisiveAt: Date | undefined;
}

export type RateDecision =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      /** Until an attempt would be let through when none is made meanwhile. */
      readonly waitMs: number;
    };

/**
 * Decides about the latest attempt of a key that may make `max` a minute. Refused attempts count too: who keeps on
 * trying stays refused. `counted.count` may stop at `max + 2`.
 */
export function decideRate(counted: CountedAttempt, max: number, at: Date): RateDecision {
  if (counted.count <= max || counted.decisiveAt === undefined) return { allowed: true };
  const waitMs = Math.max(1, counted.decisiveAt.getTime() + rateWindowMs - at.getTime());
  return { allowed: false, waitMs };
}
