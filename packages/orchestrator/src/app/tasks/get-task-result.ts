import { type TaskResult, isTerminalTaskStatus } from '@cynodeai/contracts/gateway';
import type { TaskRecord } from '../../domain/tasks/task-record.ts';
import { taskResultView } from '../../domain/tasks/task-result.ts';
import { apiTaskStatus } from '../../domain/tasks/task-status.ts';
import type { CallerTaskWithJobs, TaskReader, TaskSignals } from '../../ports/tasks.ts';
import { findTask, requireReadable } from './find-task.ts';
import { TaskWatch } from './task-watch.ts';

/** Waiters look again by themselves this often, ms; notifications are only a hint. */
const rereadMs = 1000;

export interface TaskResultDeps {
  readonly tasks: TaskReader;
  readonly signals: TaskSignals;
}

async function waitUntilTerminal(
  deps: TaskResultDeps,
  taskId: string,
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + waitMs;
  using watch = new TaskWatch(deps.signals, taskId, signal);
  for (;;) {
    const status = await deps.tasks.status(taskId);
    const left = deadline - performance.now();
    if (status === undefined || isTerminalTaskStatus(apiTaskStatus(status))) return;
    if (left <= 0 || signal.aborted) return;
    await watch.next(Math.min(left, rereadMs));
  }
}

/**
 * Jobs and output of a task, held back until it is terminal or `waitMs` are over; an aborted signal
 * ends the wait. See docs/reference/tasks-and-jobs.md#results.
 * @throws OrchestratorError `task_unknown`.
 */
export async function getTaskResult(
  deps: TaskResultDeps,
  found: CallerTaskWithJobs,
  waitMs: number,
  signal: AbortSignal,
): Promise<{ readonly task: TaskRecord; readonly result: TaskResult }> {
  const { actor } = found;
  let { jobs } = found;
  let task = requireReadable(actor, found.task);
  if (waitMs > 0 && !isTerminalTaskStatus(apiTaskStatus(task.status))) {
    await waitUntilTerminal(deps, task.id, waitMs, signal);
    task = await findTask(deps.tasks, actor, task.id);
    jobs = await deps.tasks.jobs(task.id);
  }
  return { task, result: taskResultView(task, jobs) };
}
