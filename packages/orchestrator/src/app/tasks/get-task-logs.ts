import type { LogStream, TaskLogs } from '@cynodeai/contracts/gateway';
import { taskLogsView } from '../../domain/tasks/task-result.ts';
import type { CallerTaskWithJobs } from '../../ports/tasks.ts';
import { requireReadable } from './find-task.ts';

/**
 * Output streams of a task as they are stored. See docs/reference/tasks-and-jobs.md#results.
 * @throws OrchestratorError `task_unknown`.
 */
export function getTaskLogs(
  { actor, task, jobs }: CallerTaskWithJobs,
  stream: LogStream,
): TaskLogs {
  return taskLogsView(requireReadable(actor, task), jobs, stream);
}
