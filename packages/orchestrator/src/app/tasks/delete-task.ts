import { type TaskDeleted, isTerminalTaskStatus } from '@cynodeai/contracts/gateway';
import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import { canDeleteTask } from '../../domain/identity/task-access.ts';
import { apiTaskStatus } from '../../domain/tasks/task-status.ts';
import type { TransactTasks } from '../../ports/tasks.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { findTask } from './find-task.ts';
import { type RemoveFilesDeps, removeFiles } from './remove-files.ts';

export interface DeleteTaskDeps extends RemoveFilesDeps {
  readonly transact: TransactTasks;
  readonly clock: Clock;
}

/**
 * Removes an ended task with its jobs, results, events and files, in one transaction with the audit row; the bytes of
 * its files go after it. See docs/reference/tasks-and-jobs.md#delete.
 * @throws OrchestratorError `task_unknown`, `forbidden`, `task_open`.
 */
export async function deleteTask(
  deps: DeleteTaskDeps,
  caller: Caller,
  id: string,
): Promise<Outcome<'removed', TaskDeleted>> {
  const { actor } = caller;
  const { task, removed } = await deps.transact(async (transaction) => {
    const found = await findTask({ find: (named) => transaction.lockTask(named) }, actor, id);
    if (!canDeleteTask(actor, found)) {
      throw new OrchestratorError('forbidden', 'your role does not allow deleting this task');
    }
    const status = apiTaskStatus(found.status);
    if (!isTerminalTaskStatus(status)) {
      const first = `cynork task cancel ${found.name}`;
      throw new OrchestratorError('task_open', `the task is ${status}; first cancel it: ${first}`);
    }
    const gone = await transaction.removeTask(found.id);
    if (gone === undefined) {
      const text = 'a node may still work on the task; try again in a minute';
      throw new OrchestratorError('task_open', text);
    }
    const { id: resourceId, projectId } = found;
    const done = { outcome: 'removed', resourceId, projectId } as const;
    await record(transaction.audit, caller, done, deps.clock.now());
    return { task: found, removed: gone };
  });
  await removeFiles(deps, removed);
  return { kind: 'removed', value: { task_id: task.id, task_name: task.name, deleted: true } };
}
