import { uuidSchema } from '@cynodeai/contracts/common';
import { OrchestratorError } from '../../domain/errors.ts';
import type { UserActor } from '../../domain/identity/actor.ts';
import { canReadTask } from '../../domain/identity/task-access.ts';
import type { TaskRecord } from '../../domain/tasks/task-record.ts';
import type { TaskReader, TaskReference } from '../../ports/tasks.ts';

/** Reads `{id}` of a task path: a uuid, else a name the caller gave. Contract 04 section 9.1. */
export function taskReference(actor: UserActor, text: string): TaskReference {
  const wanted = text.toLowerCase();
  return uuidSchema.safeParse(wanted).success
    ? { by: 'id', id: wanted }
    : { by: 'name', name: wanted, createdBy: actor.userId };
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
  const reference = taskReference(actor, text);
  // No stored name looks like this, and the database cannot take every text.
  const possible = reference.by === 'id' || /^[a-z0-9-]+$/.test(reference.name);
  return requireReadable(actor, possible ? await tasks.find(reference) : undefined);
}
