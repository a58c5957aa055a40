import { utf8Bytes } from '@cynodeai/contracts/common';
import { workflowLimits } from '@cynodeai/contracts/control-plane';
import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import { checkPayload } from '../../domain/nodes/check-payload.ts';
import { type Checkpoint, storyEvents } from '../../domain/workflow/story-events.ts';
import type { LeaseRef, ReleaseOutcome, TransactWorkflow } from '../../ports/workflow.ts';
import { holds, knownTask, lostLease } from './known-task.ts';

export interface KeepWorkflowDeps {
  readonly transact: TransactWorkflow;
  readonly clock: Clock;
}

/** The last checkpoint of a task. @throws OrchestratorError `task_unknown`, `no_checkpoint` */
export function resumeWorkflow(
  taskId: string,
  { transact }: KeepWorkflowDeps,
): Promise<Checkpoint & { readonly updatedAt: Date }> {
  return transact(async (tx) => {
    await knownTask(tx, taskId);
    const checkpoint = await tx.readCheckpoint(taskId);
    if (checkpoint !== undefined) return checkpoint;
    const message = 'the task has no checkpoint yet; start at the first node';
    throw new OrchestratorError('no_checkpoint', message);
  });
}

function checkState(taskId: string, { state }: Checkpoint): void {
  if (state.task_id !== taskId) {
    const message = 'must be that of the task';
    throw new OrchestratorError('input_invalid', message, { field: 'state.task_id' });
  }
  checkPayload({ state });
  if (utf8Bytes(JSON.stringify(state)) > workflowLimits.stateBytes) {
    const message = `a state has at most ${workflowLimits.stateBytes} bytes as JSON; keep large output in jobs and artifacts`;
    throw new OrchestratorError('input_too_large', message);
  }
}

/**
 * Keeps the state behind a node and tells the task's story with it, both or neither. Nothing is told behind the end of a
 * task, which ends its stream. See docs/reference/workflow.md#story.
 * @throws OrchestratorError `task_unknown`, `input_invalid`, `input_too_large`, `lease_lost`.
 */
export async function saveCheckpoint(
  lease: LeaseRef,
  checkpoint: Checkpoint,
  { transact, clock }: KeepWorkflowDeps,
): Promise<void> {
  checkState(lease.taskId, checkpoint);
  await transact(async (tx) => {
    const task = await knownTask(tx, lease.taskId);
    if (!holds(await tx.readLease(task.id), lease)) throw lostLease();
    const before = await tx.readCheckpoint(task.id);
    const isNew = await tx.saveCheckpoint(task.id, checkpoint);
    if (isNew && task.stalledTakeovers > 0) await tx.setStalledTakeovers(task.id, 0);
    if (!task.closed) await tx.appendEvents(storyEvents(checkpoint, before, clock.now()));
  });
}

/** Holds a lease longer, from now. @throws OrchestratorError `task_unknown`, `lease_lost` */
export function renewWorkflow(
  lease: LeaseRef,
  seconds: number | undefined,
  { transact }: KeepWorkflowDeps,
): Promise<Date> {
  return transact(async (tx) => {
    await knownTask(tx, lease.taskId);
    const { ttlSeconds } = await tx.settings();
    const expiresAt = await tx.renew(lease, seconds ?? ttlSeconds);
    if (expiresAt === undefined) throw lostLease();
    return expiresAt;
  });
}

/** Gives a lease back, also one that is over as long as nobody took the task. @throws OrchestratorError `task_unknown`, `lease_mismatch` */
export async function releaseWorkflow(
  lease: LeaseRef,
  outcome: ReleaseOutcome | undefined,
  { transact }: KeepWorkflowDeps,
): Promise<void> {
  await transact(async (tx) => {
    await knownTask(tx, lease.taskId);
    const stored = await tx.readLease(lease.taskId);
    if (stored?.leaseId !== lease.leaseId) {
      const message = 'this is not the last lease of the task; there is nothing to release';
      throw new OrchestratorError('lease_mismatch', message);
    }
    if (stored.holderId !== undefined) await tx.release(lease, outcome);
  });
}
