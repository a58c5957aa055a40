import { type Transaction, sql } from 'kysely';
import type { DispatchNote } from '../../../domain/jobs/job-payload.ts';
import type { JobLease } from '../../../ports/dispatch.ts';
import { type NewTaskEvent, appendTaskEvents } from '../task-events.ts';
import type { Database } from '../tables.ts';

export interface JobStart extends JobLease {
  /** Undefined for work that no node does. */
  readonly nodeId: string | undefined;
  readonly leaseMs: number;
  /** The setting, when there is one. */
  readonly maxAttempts?: number | undefined;
  /** Merged into `payload.dispatch`. */
  readonly note: DispatchNote;
}

/** Turns locked, queued jobs into running ones under their leases, and their tasks with them. */
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
    })),
  );
  await sql`
    UPDATE jobs j SET
      status = 'running',
      node_id = s.node_id,
      lease_id = s.lease_id,
      lease_expires_at = now() + s.lease_ms * interval '1 millisecond',
      attempt = j.attempt + 1,
      max_attempts = coalesce(s.max_attempts, j.max_attempts),
      next_attempt_at = NULL,
      started_at = now(),
      payload = j.payload || jsonb_build_object('dispatch', coalesce(j.payload -> 'dispatch', '{}') || s.note),
      updated_at = now()
    FROM jsonb_to_recordset(${input}::jsonb)
      AS s (id uuid, lease_id uuid, node_id uuid, lease_ms bigint, max_attempts int, note jsonb)
    WHERE j.id = s.id
  `.execute(trx);
  const { rows: begun } = await sql<{ id: string }>`
    UPDATE tasks SET status = 'running', metadata = metadata - 'waiting_reason', updated_at = now()
    WHERE id = ANY(${starts.map((start) => start.taskId)}::uuid[]) AND status = 'pending'
    RETURNING id
  `.execute(trx);
  const fresh = new Set(begun.map((row) => row.id));
  const at = new Date().toISOString();
  await appendTaskEvents(
    trx,
    starts.flatMap(({ taskId, jobId }) => {
      const status = 'running' as const;
      const job: NewTaskEvent = {
        event: 'job.status',
        data: { task_id: taskId, job_id: jobId, status, at },
      };
      if (!fresh.delete(taskId)) return [job];
      return [{ event: 'task.status' as const, data: { task_id: taskId, status, at } }, job];
    }),
  );
}
