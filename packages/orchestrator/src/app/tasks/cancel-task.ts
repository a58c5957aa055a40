import { type TaskCancel, isTerminalTaskStatus } from '@cynodeai/contracts/gateway';
import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { Principal } from '../../domain/identity/principal.ts';
import { canCancelTask } from '../../domain/identity/task-access.ts';
import { apiTaskStatus } from '../../domain/tasks/task-status.ts';
import type { TransactTasks } from '../../ports/tasks.ts';
import { type CallContext, auditRow } from '../audit/call-context.ts';
import { findTask } from './find-task.ts';

export interface CancelTaskDeps {
  readonly transact: TransactTasks;
  readonly clock: Clock;
}

/**
 * Cancels a task and its open jobs in one transaction with the audit row; repeating it changes nothing.
 * Contract 01 section 4.6, 04 section 9.5. @throws OrchestratorError `task_unknown`, `forbidden`, `task_closed`.
 */
export function cancelTask(
  deps: CancelTaskDeps,
  principal: Principal,
  id: string,
  call: CallContext,
): Promise<TaskCancel> {
  return deps.transact(async (transaction) => {
    const find = transaction.lockTask.bind(transaction);
    const task = await findTask({ find }, principal, id);
    if (!canCancelTask(principal, task)) {
      throw new OrchestratorError('forbidden', 'your role does not allow cancelling this task');
    }
    const at = deps.clock.now();
    let jobIds: readonly string[] = [];
    if (task.status !== 'canceled') {
      const status = apiTaskStatus(task.status);
      if (isTerminalTaskStatus(status)) {
        throw new OrchestratorError('task_closed', `the task is ${status} and cannot be canceled`);
      }
      ({ jobIds } = await transaction.cancelTask(task.id, at));
    }
    const done = {
      action: 'task.cancel',
      resourceType: 'task',
      resourceId: task.id,
      projectId: task.projectId,
      statusCode: 200,
      details: { job_ids: jobIds },
    };
    await transaction.audit.append([auditRow(call, principal, done, at)]);
    return { task_id: task.id, task_name: task.name, canceled: true };
  });
}
