import { sql } from 'kysely';
import type { NewTask } from '../../../ports/tasks.ts';
import type { Executor } from '../database.ts';

/** Inserts a pending task; false when the creator already has one of that name. */
export async function insertTask(db: Executor, task: NewTask): Promise<boolean> {
  const inserted = await db
    .insertInto('tasks')
    .values({
      id: task.id,
      created_by: task.createdBy,
      project_id: task.projectId,
      name: task.name,
      input_mode: task.inputMode,
      prompt: task.prompt,
      description: task.description ?? null,
      acceptance_criteria:
        task.acceptanceCriteria === undefined ? null : JSON.stringify(task.acceptanceCriteria),
      metadata: JSON.stringify(task.metadata),
      created_at: task.at,
      updated_at: task.at,
    })
    .onConflict((conflict) =>
      conflict.columns(['created_by', 'name']).where('name', 'is not', null).doNothing(),
    )
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Serialises the numbering of one name of one creator until the transaction ends. */
export async function lockName(db: Executor, createdBy: string, name: string): Promise<void> {
  const key = `task-name:${createdBy}:${name}`;
  await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(db);
}

/** Which of the names the creator's tasks have. */
export async function takenNames(
  db: Executor,
  createdBy: string,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('tasks')
    .select('name')
    .where('created_by', '=', createdBy)
    .where('name', 'in', names)
    .execute();
  return new Set(rows.flatMap((row) => row.name ?? []));
}
