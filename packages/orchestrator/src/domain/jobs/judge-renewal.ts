/** One lease that was to be renewed, as its row looks now. */
export interface RenewalFacts {
  readonly jobId: string;
  /** The row is still under this lease. */
  readonly isHeld: boolean;
  /** Undefined: there is no such row. */
  readonly status: string | undefined;
}

/**
 * Whose leases are over. A lease that is held but was not extended is in neither list: another transaction is just
 * completing or canceling the job, and the next renewal will tell.
 */
export function judgeRenewal(facts: readonly RenewalFacts[]): {
  readonly canceled: readonly string[];
  readonly lost: readonly string[];
} {
  const ids = (which: (one: RenewalFacts) => boolean): string[] =>
    facts.filter(which).map((one) => one.jobId);
  return {
    canceled: ids((one) => one.isHeld && one.status === 'canceled'),
    lost: ids((one) => !one.isHeld),
  };
}
