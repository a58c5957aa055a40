import { jobTimeouts } from '@cynodeai/contracts/common';

/**
 * How long the node lets a job run, in seconds: what was asked for, else 3600, and never more than
 * 10800 or the operator's own limit. See docs/reference/worker-api.md#time-limits.
 */
export function effectiveTimeoutSeconds(
  requested: number | undefined,
  operatorMaxSeconds: number | undefined,
): number {
  return Math.min(
    requested ?? jobTimeouts.defaultSeconds,
    jobTimeouts.maxSeconds,
    operatorMaxSeconds ?? jobTimeouts.maxSeconds,
  );
}

/**
 * Deadline of the HTTP call that carries a job, in ms: its own time plus image pull and slack.
 * See docs/reference/leases.md#claim-and-send.
 */
export function dispatchDeadlineMs(effectiveSeconds: number): number {
  return (effectiveSeconds + jobTimeouts.dispatchSlackSeconds) * 1000;
}
