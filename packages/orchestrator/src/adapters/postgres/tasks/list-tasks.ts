import { type RawBuilder, sql } from 'kysely';
import type { TaskRecord } from '../../../domain/tasks/task-record.ts';
import type { TaskListQuery } from '../../../ports/tasks.ts';
import type { Executor } from '../database.ts';
import { type TaskRow, taskColumns, taskOf } from './task-columns.ts';

/** Filters apply before paging, in every branch. */
function filters({ status, after }: TaskListQuery): RawBuilder<unknown> {
  const byStatus = status === undefined ? sql`` : sql` and status = ${status}`;
  const byPosition =
    after === undefined
      ? sql``
      : sql` and (created_at, id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`;
  return sql`${byStatus}${byPosition}`;
}

/** Ids of one page; every branch walks an index backwards and stops at the limit, however many tasks there are. */
function pageOf(query: TaskListQuery): RawBuilder<unknown> {
  const rest = sql`${filters(query)} order by created_at desc, id desc limit ${query.limit}`;
  if (query.projectId !== undefined) {
    return sql`select id, created_at from tasks where project_id = ${query.projectId}${rest}`;
  }
  if (query.scope.kind === 'all') return sql`select id, created_at from tasks where true${rest}`;
  const { userId, projectIds } = query.scope;
  return sql`
    select id, created_at from (
      (select id, created_at from tasks where created_by = ${userId}${rest})
      union
      (select task.id, task.created_at
         from unnest(${projectIds}::uuid[]) as project(id)
        cross join lateral (select id, created_at from tasks where project_id = project.id${rest}) task)
    ) readable
    order by created_at desc, id desc limit ${query.limit}`;
}

/** Tasks in the caller's scope, newest first. Contract 04 section 9.5. */
export async function listTasks(
  db: Executor,
  query: TaskListQuery,
): Promise<readonly TaskRecord[]> {
  const { rows } = await sql<TaskRow>`
    with page as (${pageOf(query)})
    select ${taskColumns} from page join tasks t on t.id = page.id
     order by t.created_at desc, t.id desc`.execute(db);
  return rows.map(taskOf);
}
