import { type RawBuilder, sql } from 'kysely';
import type { TaskRecord } from '../../../domain/tasks/task-record.ts';
import type { ProjectTasksQuery, TaskPageQuery } from '../../../ports/tasks.ts';
import type { Executor } from '../database.ts';
import { type TaskRow, taskColumns, taskOf } from './task-columns.ts';

/** The rest of a page's query over `tasks`, in every branch of it: filters apply before paging. */
export function pageRest({ status, after, limit }: TaskPageQuery): RawBuilder<unknown> {
  const byStatus = status === undefined ? sql`` : sql` and status = ${status}`;
  const byPosition =
    after === undefined
      ? sql``
      : sql` and (created_at, id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`;
  return sql`${byStatus}${byPosition} order by created_at desc, id desc limit ${limit}`;
}

/** Tasks of a project, newest first. See docs/reference/tasks-and-jobs.md#read-a-task. */
export async function listTasks(
  db: Executor,
  query: ProjectTasksQuery,
): Promise<readonly TaskRecord[]> {
  const { rows } = await sql<TaskRow>`
    with page as (select id, created_at from tasks where project_id = ${query.projectId}${pageRest(query)})
    select ${taskColumns} from page join tasks t on t.id = page.id
     order by t.created_at desc, t.id desc`.execute(db);
  return rows.map(taskOf);
}
