import { type Ended, failed } from '../dispatch/outcome.ts';
import { type AttemptFacts, judgeExpiry } from './attempts.ts';

/** What is stored of a job whose lease is over. */
export type ExpiredEnd =
  | { readonly kind: 'requeue'; readonly delayMs: number }
  /** No attempt is left: job and task end. */
  | { readonly kind: 'exhausted'; readonly end: Ended };

/** Why a reaper takes a lease away. */
export const leaseRanOut = 'the lease ran out: nobody was looking after the job';

/**
 * Back into the queue while attempts are left, else the end, with the last reason in it.
 * See docs/reference/leases.md#leases-and-retries.
 */
export function expireJob(facts: AttemptFacts, reason: string, random: number): ExpiredEnd {
  const expiry = judgeExpiry(facts, random);
  if (expiry.kind === 'requeue') return expiry;
  const message = `the job was started as often as allowed (${facts.maxAttempts}); last: ${reason}`;
  return { kind: 'exhausted', end: failed('attempts_exhausted', message) };
}
