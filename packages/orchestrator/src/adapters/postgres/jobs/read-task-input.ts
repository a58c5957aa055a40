import { sql } from 'kysely';
import type { TaskFile, TaskInput } from '../../../ports/task-input.ts';
import type { Executor } from '../database.ts';

/** The text of a task and the files the user sent with it, by name. */
export async function readTaskInput(db: Executor, taskId: string): Promise<TaskInput> {
  const { rows } = await sql<{ prompt: string | null; files: readonly TaskFile[] }>`
    SELECT t.prompt, coalesce((
      SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('artifactId', a.id, 'path', a.path,
          'contentType', a.content_type, 'sizeBytes', coalesce(a.size_bytes, 0),
          'storageRef', a.storage_ref)) ORDER BY a.path COLLATE "C")
      FROM task_artifacts a
      WHERE a.task_id = t.id AND starts_with(a.path, 'upload/')), '[]') AS files
    FROM tasks t WHERE t.id = ${taskId}::uuid
  `.execute(db);
  const [row] = rows;
  if (row?.prompt === undefined || row.prompt === null) throw new Error('the task has no text');
  return { prompt: row.prompt, files: row.files };
}
