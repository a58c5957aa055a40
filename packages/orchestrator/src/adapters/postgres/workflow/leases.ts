import { type Transaction, sql } from 'kysely';
import { channels, notify } from '../notifications.ts';
import type { LeaseRef, LeaseToTake, ReleaseOutcome } from '../../../ports/workflow.ts';
import type { Database } from '../tables.ts';

type Trx = Transaction<Database>;

/** SQL: so many seconds from now, by the clock of the database. */
const inSeconds = (seconds: number) => sql<Date>`clock_timestamp() + ${seconds} * interval '1 s'`;

/** A lease that is over takes its context with it, so that nobody acts in its name. */
async function forgetContexts(db: Trx, taskId: string): Promise<void> {
  await db
    .deleteFrom('agent_run_contexts')
    .where('task_id', '=', taskId)
    .where('lease_id', 'is not', null)
    .execute();
}

async function endRun(
  db: Trx,
  runId: string,
  status: 'completed' | 'failed' | 'canceled',
  outcome: string,
): Promise<void> {
  await sql`
    UPDATE runs SET status = ${status}, ended_at = now(), updated_at = now(),
      metadata = coalesce(metadata, '{}') || jsonb_build_object('outcome', ${outcome}::text)
    WHERE id = ${runId} AND status = 'running'
  `.execute(db);
}

/**
 * One conditional upsert: only a lease that nobody holds, or that is over, can be taken. The run, its context and the
 * count of leases that were lost come with it.
 */
export async function takeLease(db: Trx, lease: LeaseToTake): Promise<Date | undefined> {
  const { task, leaseId, runId, holderId, parentRunId } = lease;
  const { rows } = await sql<{ readonly expires_at: Date }>`
    INSERT INTO task_workflow_leases AS l
      (task_id, lease_id, holder_id, expires_at, run_id, idempotency_key)
    VALUES (${task.id}, ${leaseId}, ${holderId}, ${inSeconds(lease.seconds)}, ${runId},
      ${lease.idempotencyKey ?? null})
    ON CONFLICT (task_id) DO UPDATE SET lease_id = excluded.lease_id,
      holder_id = excluded.holder_id, expires_at = excluded.expires_at, run_id = excluded.run_id,
      idempotency_key = excluded.idempotency_key, updated_at = now()
    WHERE l.holder_id IS NULL OR l.expires_at <= clock_timestamp()
    RETURNING expires_at
  `.execute(db);
  const expiresAt = rows[0]?.expires_at;
  if (expiresAt === undefined) return undefined;
  if (parentRunId !== undefined && lease.isTakeover) {
    await endRun(db, parentRunId, 'failed', 'lease_lost');
  }
  await db
    .insertInto('runs')
    .values({
      id: runId,
      task_id: task.id,
      parent_run_id: parentRunId ?? null,
      status: 'running',
      started_at: sql<Date>`now()`,
      metadata: JSON.stringify({ kind: 'workflow', lease_id: leaseId, trigger: lease.trigger }),
    })
    .execute();
  await forgetContexts(db, task.id);
  await db
    .insertInto('agent_run_contexts')
    .values({
      id: lease.contextId,
      user_id: task.createdBy,
      project_id: task.projectId ?? null,
      task_id: task.id,
      run_id: runId,
      lease_id: leaseId,
      thread_id: null,
      expires_at: inSeconds(lease.contextSeconds),
    })
    .execute();
  if (lease.stalledTakeovers !== task.stalledTakeovers) {
    await setStalledTakeovers(db, task.id, lease.stalledTakeovers);
  }
  return expiresAt;
}

/** Notes how many leases in a row were lost without another checkpoint. */
export async function setStalledTakeovers(db: Trx, taskId: string, count: number): Promise<void> {
  await sql`
    UPDATE tasks SET updated_at = now(), metadata = jsonb_set(coalesce(metadata, '{}'), '{workflow}',
      coalesce(metadata -> 'workflow', '{}') || jsonb_build_object('stalled_takeovers', ${count}::int))
    WHERE id = ${taskId}
  `.execute(db);
}

export async function renewLease(
  db: Trx,
  { taskId, leaseId }: LeaseRef,
  seconds: number,
): Promise<Date | undefined> {
  const row = await db
    .updateTable('task_workflow_leases')
    .set({ expires_at: inSeconds(seconds), updated_at: sql<Date>`now()` })
    .where('task_id', '=', taskId)
    .where('lease_id', '=', leaseId)
    .where('holder_id', 'is not', null)
    .where('expires_at', '>', sql<Date>`clock_timestamp()`)
    .returning('expires_at')
    .executeTakeFirst();
  return row?.expires_at ?? undefined;
}

/** How a run stands after each outcome; what was given up goes on under another run. */
const runStatus = {
  completed: 'completed',
  failed: 'failed',
  canceled: 'canceled',
  yielded: 'canceled',
} as const satisfies Record<ReleaseOutcome, string>;

export async function releaseLease(
  db: Trx,
  { taskId, leaseId }: LeaseRef,
  outcome: ReleaseOutcome = 'yielded',
): Promise<void> {
  const row = await db
    .updateTable('task_workflow_leases')
    .set({ holder_id: null, expires_at: null, updated_at: sql<Date>`now()` })
    .where('task_id', '=', taskId)
    .where('lease_id', '=', leaseId)
    .returning('run_id')
    .executeTakeFirst();
  await forgetContexts(db, taskId);
  if (row?.run_id != null) await endRun(db, row.run_id, runStatus[outcome], outcome);
  if (outcome === 'yielded') await notify(db, channels.workflows, taskId);
}
