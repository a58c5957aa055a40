import { storableText, truncateUtf8 } from '@cynodeai/runtime/std';
import { type Kysely, sql } from 'kysely';
import type { JobLease, Requeue } from '../../../ports/leases.ts';
import { channels, notify } from '../notifications.ts';
import { appendTaskEvents } from '../task-events.ts';
import type { Database } from '../tables.ts';
import { lockTasks } from './lock-tasks.ts';

/** Longest kept reason, bytes. */
const reasonBytes = 2048;

/** Puts a job that this claim did not start back into the queue; false when its lease is not current any more. */
export async function requeueJob(
  db: Kysely<Database>,
  { taskId, jobId, leaseId }: JobLease,
  back: Requeue,
): Promise<boolean> {
  const lastError = truncateUtf8(storableText(back.reason), reasonBytes).text;
  const refused = JSON.stringify(back.refusedBy === undefined ? [] : [back.refusedBy]);
  const keepNode = back.keepNode === true;
  return db.transaction().execute(async (trx) => {
    await lockTasks(trx, [taskId]);
    const { rows } = await sql`
      UPDATE jobs SET status = 'queued', lease_id = NULL, started_at = NULL, updated_at = now(),
        node_id = CASE WHEN ${keepNode} THEN node_id END,
        lease_expires_at = CASE WHEN ${keepNode} THEN now() END,
        next_attempt_at = now() + ${back.delayMs} * interval '1 millisecond',
        payload = payload || jsonb_build_object('dispatch',
          coalesce(payload -> 'dispatch', '{}') || jsonb_build_object(
            'last_error', ${lastError}::text,
            'free_attempts', coalesce((payload -> 'dispatch' ->> 'free_attempts')::int, 0) + 1,
            'refused_by', coalesce(payload -> 'dispatch' -> 'refused_by', '[]') || ${refused}::jsonb))
      WHERE id = ${jobId}::uuid AND status = 'running' AND lease_id = ${leaseId}::uuid
      RETURNING id
    `.execute(trx);
    if (rows.length === 0) return false;
    const at = new Date().toISOString();
    await appendTaskEvents(trx, [
      { event: 'job.status', data: { task_id: taskId, job_id: jobId, status: 'queued', at } },
    ]);
    if (back.delayMs === 0) await notify(trx, channels.jobs);
    return true;
  });
}
