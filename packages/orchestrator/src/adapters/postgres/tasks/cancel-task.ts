import { type RawBuilder, type Transaction, sql } from 'kysely';
import type { StoredTaskStatus } from '../../../domain/tasks/task-status.ts';
import type { CanceledTask } from '../../../ports/tasks.ts';
import { channels, notify } from '../notifications.ts';
import type { Database } from '../tables.ts';
import { appendTaskEvents } from '../task-events.ts';

/** States a task may be ended in from outside of its jobs. */
export type EndStatus = Exclude<StoredTaskStatus, 'pending' | 'running'>;

/** SQL: the `updated_at` of a change, by which a later one knows that there was another before it. */
export function laterThanBefore(at: Date): RawBuilder<Date> {
  return sql`greatest(${at}::timestamptz, updated_at + interval '1 millisecond')`;
}

/**
 * Ends a locked task and then its open jobs, which are canceled, in that order
 * (docs/reference/database.md#work-tables), with events and notifications.
 */
export async function endTask(
  db: Transaction<Database>,
  taskId: string,
  status: EndStatus,
  at: Date,
): Promise<CanceledTask> {
  await sql`
    update tasks set status = ${status}, closed = true, ended_at = ${at}, updated_at = ${laterThanBefore(at)}
     where id = ${taskId} and not closed`.execute(db);
  const { rows } = await sql<{ readonly id: string }>`
    with canceled as (
      update jobs set status = 'canceled', ended_at = ${at}, updated_at = ${at}
       where task_id = ${taskId} and status in ('queued', 'running', 'lease_expired')
      returning id, created_at)
    select id from canceled order by created_at, id`.execute(db);
  const jobIds = rows.map((row) => row.id);
  const seen = { task_id: taskId, at: at.toISOString() } as const;
  await appendTaskEvents(db, [
    ...jobIds.map((jobId) => ({
      event: 'job.status' as const,
      data: { ...seen, status: 'canceled' as const, job_id: jobId },
    })),
    { event: 'task.status', data: { ...seen, status } },
  ]);
  for (const jobId of jobIds) await notify(db, channels.jobs, jobId);
  return { taskId, jobIds };
}

/** The same for a task that somebody cancels. */
export function cancelTask(
  db: Transaction<Database>,
  taskId: string,
  at: Date,
): Promise<CanceledTask> {
  return endTask(db, taskId, 'canceled', at);
}
