import type { DispatchNote } from './job-payload.ts';
import type { AttemptFacts } from './attempts.ts';
import { keptReason } from './kept-reason.ts';

/** How the note of a job changes; what it does not name stays. */
export interface DispatchChange {
  /** Takes the place of what was there. */
  readonly note: DispatchNote;
  /** Claims that turned out to have started nothing. */
  readonly freeAttempts: 0 | 1;
  /** A run was lost because its node ended. */
  readonly nodeDeath?: true;
  /** A call of a model broke off, or met a service without the model. */
  readonly brokenCall?: true;
  /** Another run begins: what is told from now on is its output. */
  readonly newRun?: true;
  /** A node that refused the job. */
  readonly refusedBy?: string;
}

/** Why a job goes back without having run. */
export interface Return {
  readonly reason: string;
  /** A node that gets it no more. */
  readonly refusedBy: string | undefined;
  /** How often each node has said that it cannot start the job, where that changed. */
  readonly refusals?: DispatchNote['refusals'];
  /** The call of a model broke off, or met a service without the model. */
  readonly isBrokenCall?: boolean;
}

/** The job goes back without having run: its claim was no attempt. */
export function requeued({
  reason,
  refusedBy,
  refusals,
  isBrokenCall = false,
}: Return): DispatchChange {
  return {
    note: { last_error: keptReason(reason), ...(refusals !== undefined && { refusals }) },
    freeAttempts: 1,
    ...(isBrokenCall && { brokenCall: true }),
    ...(refusedBy !== undefined && { refusedBy }),
  };
}

/**
 * The claim found a run under way: it started nothing, so it is no attempt.
 * See docs/reference/leases.md#leases-and-retries.
 */
export const adopted: DispatchChange = { note: {}, freeAttempts: 1 };

/** The node ended while it ran the job and has said so. */
export const nodeDied: DispatchChange = { note: {}, freeAttempts: 0, nodeDeath: true };

/** The claim asked for an earlier run and found none, so that it starts another. */
export const begunAnew: DispatchChange = { note: {}, freeAttempts: 0, newRun: true };

/** The lease is over; the run it stood for may have begun, so the claim counts. */
export function expired(reason: string): DispatchChange {
  return { note: { last_error: keptReason(reason) }, freeAttempts: 0 };
}

/** The attempts of a stored job. */
export function attemptsOf(row: {
  readonly attempt: number;
  readonly max_attempts: number;
  readonly payload: { readonly dispatch?: DispatchNote };
}): AttemptFacts {
  return {
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    freeAttempts: row.payload.dispatch?.free_attempts ?? 0,
  };
}
