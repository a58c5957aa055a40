import { type TaskCancel, isTerminalTaskStatus } from '@cynodeai/contracts/gateway';
import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import { canCancelTask } from '../../domain/identity/task-access.ts';
import { apiTaskStatus } from '../../domain/tasks/task-status.ts';
import type { TransactTasks } from '../../ports/tasks.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { findTask } from './find-task.ts';

export interface CancelTaskDeps {
  readonly transact: TransactTasks;
  readonly clock: Clock;
}

/**
 * Cancels a task and its open jobs in one transaction with the audit row; repeating it changes
 * nothing. See docs/reference/tasks-and-jobs.md#cancel.
 * @throws OrchestratorError `task_unknown`, `forbidden`, `task_closed`.
 */
export function cancelTask(
  deps: CancelTaskDeps,
  caller: Caller,
  id: string,
): Promise<Outcome<'changed' | 'unchanged', TaskCancel>> {
  const { actor } = caller;
  return deps.transact(async (transaction) => {
    const find = transaction.lockTask.bind(transaction);
    const task = await findTask({ find }, actor, id);
    if (!canCancelTask(actor, task)) {
      throw new OrchestratorError('forbidden', 'your role does not allow cancelling this task');
    }
    const at = deps.clock.now();
    const kind = task.status === 'canceled' ? 'unchanged' : 'changed';
    let jobIds: readonly string[] = [];
    if (kind === 'changed') {
      const status = apiTaskStatus(task.status);
      if (isTerminalTaskStatus(status)) {
        throw new OrchestratorError('task_closed', `the task is ${status} and cannot be canceled`);
      }
      ({ jobIds } = await transaction.cancelTask(task.id, at));
    }
    const { id: resourceId, projectId } = task;
    const details = { job_ids: jobIds };
    await record(transaction.audit, caller, { outcome: kind, resourceId, projectId, details }, at);
    return { kind, value: { task_id: task.id, task_name: task.name, canceled: true } };
  });
}
