import type { LogStream, TaskLogs } from '@cynodeai/contracts/gateway';
import type { UserActor } from '../../domain/identity/actor.ts';
import { taskLogsView } from '../../domain/tasks/task-result.ts';
import type { TaskReader } from '../../ports/tasks.ts';
import { findTask } from './find-task.ts';

/** Output streams of a task as they are stored. Contract 04 section 9.5. @throws OrchestratorError `task_unknown`. */
export async function getTaskLogs(
  tasks: TaskReader,
  actor: UserActor,
  id: string,
  stream: LogStream,
): Promise<TaskLogs> {
  const task = await findTask(tasks, actor, id);
  return taskLogsView(task, await tasks.jobs(task.id), stream);
}
