import type { AgentTask } from '@cynodeai/contracts/mcp';
import type { Tools } from '../ports/tools.ts';
import { TaskCanceled } from './task-canceled.ts';

/**
 * A task that has not ended, or ended as the node that asks would end it.
 * @throws TaskCanceled where somebody else ended it
 */
export async function openTask(
  tools: Tools,
  taskId: string,
  signal: AbortSignal,
  ownEnd?: AgentTask['status'],
): Promise<AgentTask> {
  const { task } = await tools.call('db.task.get', { task_id: taskId }, signal);
  if (task.closed && task.status !== ownEnd) {
    throw new TaskCanceled(`the task is ${task.status}: somebody else ended it`);
  }
  return task;
}
