/** The lease of a task as it is stored. */
export interface StoredLease {
  readonly leaseId: string;
  /** Undefined when it was given back. */
  readonly holderId: string | undefined;
  readonly runId: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly expiresAt: Date | undefined;
  /** Whether somebody holds it now, by the clock of the database. */
  readonly isLive: boolean;
}

/** A task whose workflow is to be run. */
export interface WorkflowTask {
  readonly id: string;
  readonly createdBy: string;
  readonly projectId: string | undefined;
  readonly closed: boolean;
  /** Jobs of it wait or run. */
  readonly hasOpenJobs: boolean;
  /** Leases in a row that were lost without another checkpoint. */
  readonly stalledTakeovers: number;
}

export interface StartRequest {
  readonly holderId: string;
  readonly idempotencyKey: string | undefined;
}

export type StartDecision =
  | { readonly kind: 'again'; readonly lease: StoredLease }
  | { readonly kind: 'held'; readonly until: Date | undefined }
  | { readonly kind: 'stuck'; readonly takeovers: number }
  | {
      readonly kind: 'take';
      /** The run before it, whose lease was lost or given back. */
      readonly parentRunId: string | undefined;
      readonly isTakeover: boolean;
      readonly stalledTakeovers: number;
    };

/** So many leases lost in a row without another checkpoint, and the task is stuck. See docs/reference/workflow.md#lease. */
export const maxStalledTakeovers = 5;

/**
 * What becomes of a wish for a task's lease. A takeover counts where the one before reached no other checkpoint; not
 * while a job of the task waits or runs, because then a holder has nothing to write.
 */
export function decideStart(
  task: Pick<WorkflowTask, 'hasOpenJobs' | 'stalledTakeovers'>,
  lease: StoredLease | undefined,
  { holderId, idempotencyKey }: StartRequest,
): StartDecision {
  if (lease?.isLive === true) {
    const isOwn =
      lease.holderId === holderId ||
      (idempotencyKey !== undefined && lease.idempotencyKey === idempotencyKey);
    return isOwn ? { kind: 'again', lease } : { kind: 'held', until: lease.expiresAt };
  }
  const isTakeover = lease?.holderId !== undefined;
  const counts = isTakeover && !task.hasOpenJobs;
  const stalledTakeovers = task.stalledTakeovers + (counts ? 1 : 0);
  if (counts && stalledTakeovers >= maxStalledTakeovers) {
    return { kind: 'stuck', takeovers: stalledTakeovers };
  }
  return { kind: 'take', parentRunId: lease?.runId, isTakeover, stalledTakeovers };
}
