import type { TaskPrune, TaskPruneRequest } from '@cynodeai/contracts/gateway';
import type { Clock } from '@cynodeai/runtime/std';
import type { RemovedBatch } from '../../ports/retention.ts';
import type { TransactTasks } from '../../ports/tasks.ts';
import { requireAction } from '../access/require-action.ts';
import type { Call, Caller, Outcome } from '../audit/call.ts';
import { auditRow, record } from '../audit/record.ts';
import { type RemoveFilesDeps, removeFiles } from './remove-files.ts';

/** Tasks of one transaction; whoever wants more asks again. */
const batchTasks = 100;

export interface PruneTasksDeps extends RemoveFilesDeps {
  readonly transact: TransactTasks;
  readonly clock: Clock;
}

/**
 * Removes up to a hundred of the tasks that ended that long ago, oldest first, with their jobs, results, events and
 * files; `dry_run` only says how much there is. See docs/reference/tasks-and-jobs.md#prune.
 * @throws OrchestratorError `forbidden`.
 */
export async function pruneTasks(
  deps: PruneTasksDeps,
  caller: Caller,
  { older_than_seconds: age, dry_run: isDry = false }: TaskPruneRequest,
): Promise<Outcome<'removed' | 'unchanged', TaskPrune>> {
  requireAction(caller.actor, 'task.prune');
  const at = deps.clock.now();
  const before = new Date(at.getTime() - age * 1000);
  const about = { resourceId: undefined } as const;
  if (isDry) {
    const found = await deps.transact(async (transaction) => {
      await record(transaction.audit, caller, { ...about, outcome: 'unchanged' }, at);
      return transaction.countFinished(before);
    });
    return { kind: 'unchanged', value: { ...found, dry_run: true, more: false } };
  }
  const removed = await deps.transact(async (transaction) => {
    const tasks = await transaction.removeFinished(before, batchTasks);
    const details = { task_ids: tasks.taskIds };
    await record(transaction.audit, caller, { ...about, outcome: 'removed', details }, at);
    return tasks;
  });
  await removeFiles(deps, removed);
  const { taskIds, jobs, files } = removed;
  const value = {
    tasks: taskIds.length,
    jobs,
    files: files.length,
    bytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    dry_run: false,
    more: taskIds.length === batchTasks,
  };
  return { kind: 'removed', value };
}

/** The call that a removal by the system itself stands for in the audit log. */
export type SystemCall = Pick<Call, 'requestId' | 'ip' | 'entry' | 'elapsedMs' | 'codeOf'>;

/** The same by the system itself, for the setting that tells how long tasks are kept. */
export async function removeOldTasks(
  deps: PruneTasksDeps,
  call: SystemCall,
  before: Date,
): Promise<RemovedBatch> {
  const removed = await deps.transact(async (transaction) => {
    const tasks = await transaction.removeFinished(before, batchTasks);
    if (tasks.taskIds.length > 0) {
      const about = { resourceId: undefined, details: { task_ids: tasks.taskIds } };
      const answer = { decision: 'allow', statusCode: call.codeOf('removed') } as const;
      const row = auditRow(call, undefined, about, answer, deps.clock.now());
      await transaction.audit.append([row]);
    }
    return tasks;
  });
  await removeFiles(deps, removed);
  return { removed: removed.taskIds.length, more: removed.taskIds.length === batchTasks };
}
