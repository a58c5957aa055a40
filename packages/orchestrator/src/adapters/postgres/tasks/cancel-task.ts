import { type Transaction, sql } from 'kysely';
import type { CanceledTask } from '../../../ports/tasks.ts';
import { channels, notify } from '../notifications.ts';
import type { Database } from '../tables.ts';
import { appendTaskEvents } from '../task-events.ts';

/**
 * Ends a locked task and then its open jobs, in that order
 * (docs/reference/database.md#work-tables), with events and notifications.
 */
export async function cancelTask(
  db: Transaction<Database>,
  taskId: string,
  at: Date,
): Promise<CanceledTask> {
  await sql`
    update tasks set status = 'canceled', closed = true, ended_at = ${at}, updated_at = ${at}
     where id = ${taskId} and not closed`.execute(db);
  const { rows } = await sql<{ readonly id: string }>`
    with canceled as (
      update jobs set status = 'canceled', ended_at = ${at}, updated_at = ${at}
       where task_id = ${taskId} and status in ('queued', 'running', 'lease_expired')
      returning id, created_at)
    select id from canceled order by created_at, id`.execute(db);
  const jobIds = rows.map((row) => row.id);
  const seen = { task_id: taskId, status: 'canceled', at: at.toISOString() } as const;
  await appendTaskEvents(db, [
    ...jobIds.map((jobId) => ({
      event: 'job.status' as const,
      data: { ...seen, job_id: jobId },
    })),
    { event: 'task.status', data: seen },
  ]);
  for (const jobId of jobIds) await notify(db, channels.jobs, jobId);
  return { taskId, jobIds };
}
