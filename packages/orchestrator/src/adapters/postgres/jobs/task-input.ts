import { type Kysely, sql } from 'kysely';
import { OrchestratorError } from '../../../domain/errors.ts';
import type { GivenInput, TaskFile, TaskInput } from '../../../ports/task-input.ts';
import type { Database } from '../tables.ts';

/** SQL: the files that the user sent with a task `t`, by name. */
export const givenFiles = sql`
    coalesce((
      SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('artifactId', a.id, 'path', a.path,
          'contentType', a.content_type, 'sizeBytes', coalesce(a.size_bytes, 0),
          'storageRef', a.storage_ref)) ORDER BY a.path COLLATE "C")
      FROM task_artifacts a
      WHERE a.task_id = t.id AND starts_with(a.path, 'upload/')), '[]')`;

/** The text of a task and the files the user sent with it, by name. */
async function readInput(db: Kysely<Database>, taskId: string): Promise<GivenInput> {
  const { rows } = await sql<{ prompt: string | null; files: readonly TaskFile[] }>`
    SELECT t.prompt, ${givenFiles} AS files
    FROM tasks t WHERE t.id = ${taskId}::uuid
  `.execute(db);
  const [row] = rows;
  if (row?.prompt === undefined || row.prompt === null) {
    throw new OrchestratorError('input_gone', 'the task has no text');
  }
  return { prompt: row.prompt, files: row.files };
}

async function artifactRefs(
  db: Kysely<Database>,
  taskId: string,
  artifactIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('task_artifacts')
    .select(['id', 'storage_ref'])
    .where('task_id', '=', taskId)
    .where('id', 'in', artifactIds)
    .execute();
  return new Map(rows.map((row) => [row.id, row.storage_ref]));
}

async function folderRef(db: Kysely<Database>, taskId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('tasks')
    .innerJoin('folders', 'folders.id', 'tasks.folder_id')
    .select('folders.storage_ref')
    .where('tasks.id', '=', taskId)
    .executeTakeFirst();
  return row?.storage_ref;
}

/** What users gave their tasks, in PostgreSQL. */
export function postgresTaskInput(db: Kysely<Database>): TaskInput {
  return {
    read: (taskId) => readInput(db, taskId),
    artifactRefs: (taskId, artifactIds) => artifactRefs(db, taskId, artifactIds),
    folderRef: (taskId) => folderRef(db, taskId),
  };
}
