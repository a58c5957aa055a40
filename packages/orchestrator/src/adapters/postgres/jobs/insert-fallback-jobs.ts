import { type Transaction, sql } from 'kysely';
import { queuedEvents } from '../../../domain/jobs/job-events.ts';
import type { FallbackJob } from '../../../ports/job-ends.ts';
import { channels, notify } from '../notifications.ts';
import { appendTaskEvents } from '../task-events.ts';
import type { Database } from '../tables.ts';

/**
 * Queues the second jobs of prompts whose call failed, behind the failed ones in every list, and
 * wakes the dispatchers. The callers hold the locks of the tasks.
 * See docs/reference/inference.md#prompts.
 */
export async function insertFallbackJobs(
  trx: Transaction<Database>,
  jobs: readonly { readonly taskId: string; readonly jobId: string; readonly next: FallbackJob }[],
): Promise<void> {
  if (jobs.length === 0) return;
  const input = JSON.stringify(
    jobs.map(({ jobId, next }) => ({ id: next.jobId, after: jobId, payload: next.payload })),
  );
  await sql`
    INSERT INTO jobs (id, task_id, payload, created_at, updated_at)
    SELECT f.id, j.task_id, f.payload,
      greatest(now(), j.created_at + interval '1 millisecond'), now()
    FROM jsonb_to_recordset(${input}::jsonb) AS f (id uuid, after uuid, payload jsonb)
    JOIN jobs j ON j.id = f.after
  `.execute(trx);
  const queued = jobs.map(({ taskId, next }) => ({ taskId, jobId: next.jobId }));
  await appendTaskEvents(trx, queuedEvents(queued, new Date()));
  await notify(trx, channels.jobs);
}
