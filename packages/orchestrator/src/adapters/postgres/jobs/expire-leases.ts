import { type Kysely, type RawBuilder, type Transaction, sql } from 'kysely';
import { maxJobsPerTransaction } from '../../../domain/jobs/batches.ts';
import { attemptsOf, expired } from '../../../domain/jobs/dispatch-change.ts';
import { type ExpiredEnd, expireJob, leaseRanOut } from '../../../domain/jobs/expire-job.ts';
import { expiryEvents } from '../../../domain/jobs/job-events.ts';
import type { JobPayload } from '../../../domain/jobs/job-payload.ts';
import type { ExpiredJob, JobLease } from '../../../ports/leases.ts';
import { appendTaskEvents } from '../task-events.ts';
import type { Database } from '../tables.ts';
import { changedPayload } from './changed-payload.ts';
import { endTasks } from './complete-jobs.ts';

interface Row {
  readonly id: string;
  readonly task_id: string;
  readonly lease_id: string;
  readonly node_id: string | null;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly payload: JobPayload;
}

interface Judged extends ExpiredJob {
  readonly expiry: ExpiredEnd;
}

/** `lease_expires_at` stays: it marks a queued job that a node may have. */
async function storeExpiries(
  trx: Transaction<Database>,
  judged: readonly Judged[],
  reason: string,
): Promise<void> {
  const input = JSON.stringify(
    judged.map(({ jobId, expiry }) => ({
      id: jobId,
      delay_ms: expiry.kind === 'requeue' ? expiry.delayMs : null,
      result: expiry.kind === 'exhausted' ? expiry.end.result : null,
    })),
  );
  await sql`
    UPDATE jobs j SET
      status = CASE WHEN e.delay_ms IS NULL THEN 'failed' ELSE 'queued' END,
      lease_id = NULL,
      lease_expires_at = CASE WHEN e.delay_ms IS NOT NULL AND j.node_id IS NOT NULL THEN now() END,
      next_attempt_at = now() + e.delay_ms * interval '1 millisecond',
      started_at = CASE WHEN e.delay_ms IS NULL THEN j.started_at END,
      ended_at = CASE WHEN e.delay_ms IS NULL THEN now() END,
      result = CASE WHEN e.delay_ms IS NULL THEN e.result ELSE j.result END,
      payload = ${changedPayload(expired(reason))},
      updated_at = now()
    FROM jsonb_to_recordset(${input}::jsonb) AS e (id uuid, delay_ms int, result jsonb)
    WHERE j.id = e.id
  `.execute(trx);
}

async function appendExpiries(
  trx: Transaction<Database>,
  judged: readonly Judged[],
): Promise<void> {
  const over = judged.flatMap(({ taskId, expiry }) =>
    expiry.kind === 'exhausted' ? [{ taskId, ...expiry.end }] : [],
  );
  const endedTasks = await endTasks(trx, over);
  const at = new Date();
  await appendTaskEvents(
    trx,
    judged.flatMap((job) => expiryEvents(job, endedTasks, at)),
  );
}

async function expire(
  db: Kysely<Database>,
  { which, whenLocked }: { which: RawBuilder<unknown>; whenLocked: RawBuilder<unknown> },
  reason: string,
): Promise<readonly ExpiredJob[]> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<Row>`
      SELECT j.id, j.task_id, j.lease_id, j.node_id, j.attempt, j.max_attempts, j.payload
      FROM jobs j JOIN tasks t ON t.id = j.task_id
      WHERE ${which}
      ORDER BY j.lease_expires_at
      LIMIT ${maxJobsPerTransaction}
      FOR NO KEY UPDATE OF t, j ${whenLocked}
    `.execute(trx);
    if (rows.length === 0) return [];
    const judged = rows.map((row): Judged => ({
      taskId: row.task_id,
      jobId: row.id,
      leaseId: row.lease_id,
      nodeId: row.node_id ?? undefined,
      expiry: expireJob(attemptsOf(row), reason, Math.random()),
    }));
    await storeExpiries(trx, judged, reason);
    await appendExpiries(trx, judged);
    return judged;
  });
}

/**
 * Takes away leases that have passed, but for the given ones: running jobs become `lease_expired`
 * and at once `queued` again, or `failed` when no attempt is left. Both steps are events; rows
 * somebody else works on are skipped. See docs/reference/leases.md#leases-and-retries and
 * docs/reference/database.md#work-tables.
 */
export function reapLeases(
  db: Kysely<Database>,
  exceptLeaseIds: readonly string[],
): Promise<readonly ExpiredJob[]> {
  const which = sql`((j.status = 'running' AND j.lease_expires_at < now()) OR j.status = 'lease_expired')
    AND j.lease_id <> ALL(${exceptLeaseIds}::uuid[])`;
  const whenLocked = sql`SKIP LOCKED`;
  return expire(db, { which, whenLocked }, leaseRanOut);
}

/** The holder itself gives a lease up; undefined when it is not current. */
export async function releaseLease(
  db: Kysely<Database>,
  { jobId, leaseId }: JobLease,
  reason: string,
): Promise<ExpiredJob | undefined> {
  const which = sql`j.id = ${jobId}::uuid AND j.lease_id = ${leaseId}::uuid AND j.status = 'running'`;
  return (await expire(db, { which, whenLocked: sql`` }, reason))[0];
}
