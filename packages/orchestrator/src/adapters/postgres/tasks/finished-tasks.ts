import { type RawBuilder, type Transaction, sql } from 'kysely';
import type { FinishedTotals, RemovedTasks } from '../../../ports/tasks.ts';
import type { Database } from '../tables.ts';

/**
 * SQL: whether a task `t` has ended and nobody works on it. A lease that was not given back means that a node may still
 * run the job.
 */
const isOver = sql<boolean>`
    t.closed and not exists (
      select 1 from jobs j where j.task_id = t.id and (
        j.status in ('queued', 'running', 'lease_expired')
        or (j.lease_expires_at is not null and (j.node_id is not null or j.lease_expires_at > now()))))`;

/**
 * SQL: what holds for a task `t` that may go. A task is never younger than its end, so that the index by creation
 * serves the search.
 */
function mayGo(before: Date): RawBuilder<boolean> {
  return sql<boolean>`t.created_at < ${before} and t.ended_at < ${before} and ${isOver}`;
}

/** How much `removeFinished` would remove in all. */
export async function countFinished(
  db: Transaction<Database>,
  before: Date,
): Promise<FinishedTotals> {
  const { rows } = await sql<FinishedTotals>`
    with finished as materialized (select t.id from tasks t where ${mayGo(before)})
    select (select count(*) from finished) as tasks,
           (select count(*) from jobs where task_id in (select id from finished)) as jobs,
           a.files, a.bytes
      from (select count(*) as files, coalesce(sum(size_bytes), 0)::bigint as bytes
              from task_artifacts where task_id in (select id from finished)) a`.execute(db);
  return rows[0] ?? { tasks: 0, jobs: 0, files: 0, bytes: 0 };
}

/** Removes the oldest finished tasks with everything that hangs on them, and leaves out those that somebody holds. */
export async function removeFinished(
  db: Transaction<Database>,
  before: Date,
  limit: number,
): Promise<RemovedTasks> {
  const { rows } = await sql<{ readonly id: string }>`
    select t.id from tasks t where ${mayGo(before)}
     order by t.created_at, t.id limit ${limit} for update of t skip locked`.execute(db);
  return removeTasks(
    db,
    rows.map((row) => row.id),
  );
}

/** Removes a task that has ended with everything that hangs on it; undefined while somebody may work on it. */
export async function removeTask(
  db: Transaction<Database>,
  taskId: string,
): Promise<RemovedTasks | undefined> {
  const { rows } = await sql<{ readonly id: string }>`
    select t.id from tasks t where t.id = ${taskId} and ${isOver} for update of t`.execute(db);
  return rows.length === 0 ? undefined : removeTasks(db, [taskId]);
}

async function removeTasks(
  db: Transaction<Database>,
  taskIds: readonly string[],
): Promise<RemovedTasks> {
  if (taskIds.length === 0) return { taskIds, jobs: 0, files: [] };
  const files = await db
    .deleteFrom('task_artifacts')
    .where('task_id', 'in', taskIds)
    .returning(['storage_ref as storageRef', 'size_bytes as sizeBytes'])
    .execute();
  const ofThem = sql`(select id from runs where task_id = any(${taskIds}::uuid[]))`;
  await sql`update runs set parent_run_id = null where parent_run_id in ${ofThem}`.execute(db);
  await sql`delete from runs where task_id = any(${taskIds}::uuid[])`.execute(db);
  const jobs = await db.deleteFrom('jobs').where('task_id', 'in', taskIds).executeTakeFirst();
  await db.deleteFrom('tasks').where('id', 'in', taskIds).execute();
  return {
    taskIds,
    jobs: Number(jobs.numDeletedRows),
    files: files.map(({ storageRef, sizeBytes }) => ({ storageRef, sizeBytes: sizeBytes ?? 0 })),
  };
}
