import { type Selectable, sql } from 'kysely';
import { attachmentFolder } from '../../../domain/tasks/task-record.ts';
import type { ArtifactReader, ArtifactRecord } from '../../../ports/artifacts.ts';
import type { Executor } from '../database.ts';
import type { Database } from '../tables.ts';

const columns = [
  'id',
  'path',
  'storage_ref',
  'size_bytes',
  'content_type',
  'created_at',
  'executable',
] as const;

type Row = Pick<Selectable<Database['task_artifacts']>, (typeof columns)[number]>;

function recordOf(row: Row): ArtifactRecord {
  return {
    id: row.id,
    path: row.path,
    storageRef: row.storage_ref,
    sizeBytes: row.size_bytes ?? 0,
    contentType: row.content_type ?? undefined,
    createdAt: row.created_at,
    executable: row.executable,
  };
}

/** Rows of `task_artifacts`, read. See docs/reference/database.md#work-tables. */
export function postgresArtifactReader(db: Executor): ArtifactReader {
  return {
    list: async ({ taskId, after, limit }) => {
      const rows = await db
        .selectFrom('task_artifacts')
        .select(columns)
        .where('task_id', '=', taskId)
        .$if(after !== undefined, (query) =>
          query.where(
            sql<boolean>`(created_at, id) < (${after?.createdAt}::timestamptz, ${after?.id}::uuid)`,
          ),
        )
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(recordOf);
    },
    listLeft: async ({ taskId, after, limit }) => {
      const rows = await db
        .selectFrom('task_artifacts')
        .select(columns)
        .where('task_id', '=', taskId)
        .where(sql<boolean>`not starts_with(path, ${attachmentFolder})`)
        .$if(after !== undefined, (query) => query.where('path', '>', after ?? ''))
        .orderBy('path')
        .limit(limit)
        .execute();
      return rows.map(recordOf);
    },
    find: async (taskId, artifactId) => {
      const row = await db
        .selectFrom('task_artifacts')
        .select(columns)
        .where('task_id', '=', taskId)
        .where('id', '=', artifactId)
        .executeTakeFirst();
      return row && recordOf(row);
    },
  };
}
