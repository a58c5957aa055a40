import { type Kysely, sql } from 'kysely';
import { requeued } from '../../../domain/jobs/dispatch-change.ts';
import { queuedEvents } from '../../../domain/jobs/job-events.ts';
import { keptReason } from '../../../domain/jobs/kept-reason.ts';
import type { JobLease, Requeue } from '../../../ports/leases.ts';
import { channels, notify } from '../notifications.ts';
import { appendTaskEvents } from '../task-events.ts';
import type { Executor } from '../database.ts';
import type { Database } from '../tables.ts';
import { freeWorkspacePlace } from '../workspaces/hold-workspaces.ts';
import { changedPayload } from './changed-payload.ts';
import { lockTasks } from './lock-tasks.ts';

/** Says on the task what it waits for, until one of its jobs is claimed again. */
async function noteWait(db: Executor, taskId: string, text: string): Promise<void> {
  const notes = JSON.stringify({ waiting_reason: 'not_taken', waiting_text: text });
  await sql`
    UPDATE tasks SET updated_at = now(), metadata = coalesce(metadata, '{}') || ${notes}::jsonb
    WHERE id = ${taskId}::uuid AND status IN ('pending', 'running')
  `.execute(db);
}

/** Puts a job that this claim did not start back into the queue; false when its lease is not current any more. */
export async function requeueJob(
  db: Kysely<Database>,
  lease: JobLease,
  { delayMs, keepNode = false, freesPlace = false, ...back }: Requeue,
): Promise<boolean> {
  const payload = changedPayload(requeued(back));
  return db.transaction().execute(async (trx) => {
    await lockTasks(trx, [lease.taskId]);
    const { rows } = await sql`
      UPDATE jobs SET status = 'queued', lease_id = NULL, started_at = NULL, updated_at = now(),
        node_id = CASE WHEN ${keepNode} THEN node_id END,
        lease_expires_at = CASE WHEN ${keepNode} THEN now() END,
        next_attempt_at = now() + ${delayMs} * interval '1 millisecond', payload = ${payload}
      WHERE id = ${lease.jobId}::uuid AND status = 'running' AND lease_id = ${lease.leaseId}::uuid
      RETURNING id
    `.execute(trx);
    if (rows.length === 0) return false;
    if (freesPlace) await freeWorkspacePlace(trx, lease.jobId);
    await appendTaskEvents(trx, queuedEvents([lease], new Date()));
    if (delayMs === 0) await notify(trx, channels.jobs);
    else await noteWait(trx, lease.taskId, keptReason(back.reason));
    return true;
  });
}
