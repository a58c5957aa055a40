import { uuidSchema } from '@cynodeai/contracts/common';
import { OrchestratorError } from '../../domain/errors.ts';
import type { UserActor } from '../../domain/identity/actor.ts';
import { canReadTask } from '../../domain/identity/task-access.ts';
import type { TaskRecord } from '../../domain/tasks/task-record.ts';
import type { TaskReader, TaskReference } from '../../ports/tasks.ts';

/**
 * Reads `{id}` of a task path: a uuid, else a name the user gave; undefined for what no task is
 * called, and what the database could not take. See docs/reference/tasks-and-jobs.md#names.
 */
export function taskReference(userId: string, text: string): TaskReference | undefined {
  const wanted = text.toLowerCase();
  if (uuidSchema.safeParse(wanted).success) return { by: 'id', id: wanted };
  return /^[a-z0-9-]+$/.test(wanted) ? { by: 'name', name: wanted, createdBy: userId } : undefined;
}

/** The task when the caller may read it. @throws OrchestratorError `task_unknown`, the same for absent and invisible. */
export function requireReadable(actor: UserActor, task: TaskRecord | undefined): TaskRecord {
  if (task === undefined || !canReadTask(actor, task)) {
    throw new OrchestratorError(
      'task_unknown',
      'no such task; use its uuid or the name you gave it',
    );
  }
  return task;
}

/** Finds a task the caller may read. @throws OrchestratorError `task_unknown`. */
export async function findTask(
  tasks: Pick<TaskReader, 'find'>,
  actor: UserActor,
  text: string,
): Promise<TaskRecord> {
  const reference = taskReference(actor.userId, text);
  return requireReadable(actor, reference && (await tasks.find(reference)));
}
