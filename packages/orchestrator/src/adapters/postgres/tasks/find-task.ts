import { type RawBuilder, sql } from 'kysely';
import type { TaskRecord } from '../../../domain/tasks/task-record.ts';
import type { StoredTaskStatus } from '../../../domain/tasks/task-status.ts';
import type { TaskReference } from '../../../ports/tasks.ts';
import type { Executor } from '../database.ts';
import { type TaskRow, taskColumns, taskOf } from './task-columns.ts';

/** SQL: whether `tasks t` is the task that is named. */
export function matches(reference: TaskReference): RawBuilder<unknown> {
  return reference.by === 'id'
    ? sql`t.id = ${reference.id}`
    : sql`t.created_by = ${reference.createdBy} and t.name = ${reference.name}`;
}

/** A task by uuid or by its creator's name for it. */
export async function findTask(
  db: Executor,
  reference: TaskReference,
): Promise<TaskRecord | undefined> {
  const { rows } = await sql<TaskRow>`
    select ${taskColumns} from tasks t where ${matches(reference)}`.execute(db);
  const [row] = rows;
  return row && taskOf(row);
}

/** Locks a task first and reads it then, so that what is read is what the lock protects. */
export async function lockTask(
  db: Executor,
  reference: TaskReference,
): Promise<TaskRecord | undefined> {
  const { rows } = await sql<{ readonly id: string }>`
    select t.id from tasks t where ${matches(reference)} for no key update`.execute(db);
  const [row] = rows;
  return row && findTask(db, { by: 'id', id: row.id });
}

export async function taskStatus(
  db: Executor,
  taskId: string,
): Promise<StoredTaskStatus | undefined> {
  const { rows } = await sql<{ readonly status: StoredTaskStatus }>`
    select status from tasks where id = ${taskId}`.execute(db);
  return rows[0]?.status;
}
