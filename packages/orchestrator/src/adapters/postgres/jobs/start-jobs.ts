import { type Transaction, sql } from 'kysely';
import { startEvents } from '../../../domain/jobs/job-events.ts';
import type { DispatchNote } from '../../../domain/jobs/job-payload.ts';
import type { JobLease } from '../../../ports/leases.ts';
import { taskEventsInsert, taskWaitersWake } from '../task-events.ts';
import type { Database } from '../tables.ts';
import { runBegins } from './changed-payload.ts';

export interface JobStart extends JobLease {
  /** Undefined for work that no node does. */
  readonly nodeId: string | undefined;
  readonly leaseMs: number;
  /** The setting, when there is one. */
  readonly maxAttempts?: number | undefined;
  /** Another run begins; else one that began under an earlier claim may go on. */
  readonly isNewRun: boolean;
  /** Merged into `payload.dispatch`. */
  readonly note: DispatchNote;
}

/** What a task waited for. */
const waitingKeys = ['waiting_reason', 'waiting_text'];

/**
 * Turns locked, queued jobs into running ones under their leases, and their tasks with them: one statement, because
 * every round trip of a claim delays the job.
 */
export async function startJobs(
  trx: Transaction<Database>,
  starts: readonly JobStart[],
): Promise<void> {
  if (starts.length === 0) return;
  const input = JSON.stringify(
    starts.map((start) => ({
      id: start.jobId,
      lease_id: start.leaseId,
      node_id: start.nodeId ?? null,
      lease_ms: start.leaseMs,
      max_attempts: start.maxAttempts ?? null,
      note: start.note,
      is_new_run: start.isNewRun,
    })),
  );
  const taskIds = starts.map((start) => start.taskId);
  const events = startEvents(starts, new Date());
  const begins = sql`e.event <> 'task.status' OR e.task_id IN (SELECT id FROM begun)`;
  await sql`
    WITH started AS (
      UPDATE jobs j SET
        status = 'running',
        node_id = s.node_id,
        lease_id = s.lease_id,
        lease_expires_at = now() + s.lease_ms * interval '1 millisecond',
        attempt = j.attempt + 1,
        max_attempts = coalesce(s.max_attempts, j.max_attempts),
        next_attempt_at = NULL,
        started_at = now(),
        payload = j.payload || jsonb_build_object('dispatch', coalesce(j.payload -> 'dispatch', '{}') || s.note
          || CASE WHEN s.is_new_run AND j.attempt > 0 THEN ${runBegins(sql`j.task_id`)} ELSE '{}' END),
        updated_at = now()
      FROM jsonb_to_recordset(${input}::jsonb)
        AS s (id uuid, lease_id uuid, node_id uuid, lease_ms bigint, max_attempts int, note jsonb,
          is_new_run boolean)
      WHERE j.id = s.id),
    begun AS (
      UPDATE tasks SET status = 'running', metadata = metadata - ${waitingKeys}::text[], updated_at = now()
      WHERE id = ANY(${taskIds}::uuid[]) AND status = 'pending'
      RETURNING id),
    resumed AS (
      UPDATE tasks SET metadata = metadata - ${waitingKeys}::text[], updated_at = now()
      WHERE id = ANY(${taskIds}::uuid[]) AND status = 'running' AND metadata ? 'waiting_reason'),
    added AS (${taskEventsInsert(events, begins)})
    ${taskWaitersWake(events)}
  `.execute(trx);
}
