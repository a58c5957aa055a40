/** Settings of leases and retries. See docs/reference/leases.md#leases-and-retries. */
export const leaseSettingKeys = {
  ttlSeconds: 'dispatch.lease_ttl_seconds',
  maxAttempts: 'dispatch.max_attempts',
  maxRefusals: 'dispatch.max_refusals',
} as const;

/** Length of a lease when no setting says otherwise, seconds. */
export const defaultLeaseTtlSeconds = 60;
/** Longest lease a setting may ask for, seconds: a dead dispatcher's jobs wait that long. */
const maxLeaseTtlSeconds = 3600;

/** Length of a lease, ms; a setting of another kind counts as unset. */
export function leaseMsOf(ttlSeconds: number | undefined): number {
  return Math.min(ttlSeconds ?? defaultLeaseTtlSeconds, maxLeaseTtlSeconds) * 1000;
}

/** How the holder of a lease of `leaseMs` behaves; all in whole ms. */
export interface LeaseTimes {
  /** Between two renewals, and between two questions to a node about a job whose call is open. */
  readonly renewMs: number;
  /** A job is renewed only while its last sign of life is younger than this. */
  readonly freshMs: number;
  /** Longest wait for one answer about a job. */
  readonly askMs: number;
  /** Silence after which the holder gives the job up; a little before the lease ends, so that it acts first. */
  readonly giveUpMs: number;
  /** Longest wait for a stop request to a node that is given up. */
  readonly stopMs: number;
}

/**
 * Renewed three times within its life (20 s of 60).
 * See docs/reference/leases.md#leases-and-retries.
 */
export function leaseTimes(leaseMs: number): LeaseTimes {
  const sixth = Math.round(leaseMs / 6);
  return {
    renewMs: Math.round(leaseMs / 3),
    freshMs: Math.round(leaseMs / 2),
    askMs: Math.min(5000, Math.max(100, sixth)),
    giveUpMs: leaseMs - Math.min(1000, sixth),
    stopMs: Math.min(1000, Math.max(100, sixth)),
  };
}
