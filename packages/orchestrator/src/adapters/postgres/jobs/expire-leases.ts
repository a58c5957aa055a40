import { storableText, truncateUtf8 } from '@cynodeai/runtime/std';
import { type Kysely, type RawBuilder, type Transaction, sql } from 'kysely';
import { failed } from '../../../domain/dispatch/outcome.ts';
import { type Expiry, judgeExpiry } from '../../../domain/jobs/job-lease.ts';
import type { JobPayload } from '../../../domain/jobs/job-payload.ts';
import type { ExpiredJob, JobLease } from '../../../ports/leases.ts';
import { type NewTaskEvent, appendTaskEvents } from '../task-events.ts';
import type { Database } from '../tables.ts';
import { endTasks } from './complete-jobs.ts';

/** Most jobs of one transaction. */
const maxBatch = 64;
/** Longest kept reason, bytes. */
const reasonBytes = 2048;

interface Row {
  readonly id: string;
  readonly task_id: string;
  readonly lease_id: string;
  readonly node_id: string | null;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly payload: JobPayload;
}

interface Judged {
  readonly row: Row;
  readonly expiry: Expiry;
}

function exhaustedEnd({ row }: Judged, reason: string): ReturnType<typeof failed> {
  const message = `the job was started as often as allowed (${row.max_attempts}); last: ${reason}`;
  return failed('attempts_exhausted', message);
}

/** `lease_expires_at` stays: it marks a queued job that a node may have. */
async function storeExpiries(
  trx: Transaction<Database>,
  judged: readonly Judged[],
  reason: string,
): Promise<void> {
  const lastError = truncateUtf8(storableText(reason), reasonBytes).text;
  const input = JSON.stringify(
    judged.map((one) => ({
      id: one.row.id,
      delay_ms: one.expiry.kind === 'requeue' ? one.expiry.delayMs : null,
      result: one.expiry.kind === 'exhausted' ? exhaustedEnd(one, reason).result : null,
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
      payload = j.payload || jsonb_build_object('dispatch',
        coalesce(j.payload -> 'dispatch', '{}') || jsonb_build_object('last_error', ${lastError}::text)),
      updated_at = now()
    FROM jsonb_to_recordset(${input}::jsonb) AS e (id uuid, delay_ms int, result jsonb)
    WHERE j.id = e.id
  `.execute(trx);
}

async function appendExpiries(
  trx: Transaction<Database>,
  judged: readonly Judged[],
  reason: string,
): Promise<void> {
  const over = judged.filter((one) => one.expiry.kind === 'exhausted');
  const endedTasks = await endTasks(
    trx,
    over.map((one) => ({ taskId: one.row.task_id, ...exhaustedEnd(one, reason) })),
  );
  const at = new Date().toISOString();
  await appendTaskEvents(
    trx,
    judged.flatMap(({ row, expiry }): NewTaskEvent[] => {
      const of = { task_id: row.task_id, job_id: row.id, at };
      const next = expiry.kind === 'requeue' ? 'queued' : 'failed';
      const events: NewTaskEvent[] = [
        { event: 'job.status', data: { ...of, status: 'lease_expired' } },
        { event: 'job.status', data: { ...of, status: next } },
      ];
      if (!endedTasks.has(row.task_id)) return events;
      const data = { task_id: row.task_id, status: 'failed', at } as const;
      return [...events, { event: 'task.status', data }];
    }),
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
      LIMIT ${maxBatch}
      FOR NO KEY UPDATE OF t, j ${whenLocked}
    `.execute(trx);
    if (rows.length === 0) return [];
    const judged = rows.map((row): Judged => {
      const freeAttempts = row.payload.dispatch?.free_attempts ?? 0;
      const facts = { attempt: row.attempt, maxAttempts: row.max_attempts, freeAttempts };
      return { row, expiry: judgeExpiry(facts, Math.random()) };
    });
    await storeExpiries(trx, judged, reason);
    await appendExpiries(trx, judged, reason);
    return judged.map(({ row, expiry }) => ({
      taskId: row.task_id,
      jobId: row.id,
      leaseId: row.lease_id,
      nodeId: row.node_id ?? undefined,
      expiry,
    }));
  });
}

/**
 * Takes away leases that have passed, but for the given ones: running jobs become `lease_expired` and at once `queued`
 * again, or `failed` when no attempt is left. Both steps are events; rows somebody else works on are skipped.
 * Contract 01 section 5.6, 02 section 9.
 */
export function reapLeases(
  db: Kysely<Database>,
  exceptLeaseIds: readonly string[],
): Promise<readonly ExpiredJob[]> {
  const which = sql`((j.status = 'running' AND j.lease_expires_at < now()) OR j.status = 'lease_expired')
    AND j.lease_id <> ALL(${exceptLeaseIds}::uuid[])`;
  const whenLocked = sql`SKIP LOCKED`;
  return expire(db, { which, whenLocked }, 'the lease ran out: nobody was looking after the job');
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
