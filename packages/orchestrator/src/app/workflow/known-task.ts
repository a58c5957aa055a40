import { OrchestratorError } from '../../domain/errors.ts';
import type { StoredLease, WorkflowTask } from '../../domain/workflow/start-decision.ts';
import type { LeaseRef, WorkflowTransaction } from '../../ports/workflow.ts';

/** Locks a task. @throws OrchestratorError `task_unknown` */
export async function knownTask(tx: WorkflowTransaction, taskId: string): Promise<WorkflowTask> {
  const task = await tx.lockTask(taskId);
  if (task === undefined) throw new OrchestratorError('task_unknown', 'there is no such task');
  return task;
}

export function closedTask(): OrchestratorError {
  return new OrchestratorError('workflow_closed', 'the task has ended');
}

export function lostLease(): OrchestratorError {
  const message = 'this lease is over; stop without writing anything more';
  return new OrchestratorError('lease_lost', message);
}

/** Whether a lease is the task's and lives. */
export function holds(lease: StoredLease | undefined, { leaseId }: LeaseRef): boolean {
  return lease !== undefined && lease.isLive && lease.leaseId === leaseId;
}
