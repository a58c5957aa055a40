import { sql } from 'kysely';
import type { JobLease, LeftJob } from '../../../ports/dispatch.ts';
import type { Executor } from '../database.ts';

/** Of the given jobs those that were canceled. */
export async function canceledAmong(db: Executor, jobIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM jobs WHERE id = ANY(${jobIds}::uuid[]) AND status = 'canceled'
  `.execute(db);
  return rows.map((row) => row.id);
}

/** Ends leases now, so that the next process need not wait for them. */
export async function abandonLeases(db: Executor, leases: readonly JobLease[]): Promise<void> {
  await sql`
    UPDATE jobs SET lease_expires_at = now(), updated_at = now()
    WHERE status = 'running' AND lease_id = ANY(${leases.map((lease) => lease.leaseId)}::uuid[])
  `.execute(db);
}

/** True while jobs run under leases that have not passed and are not the given ones. */
export async function othersRun(db: Executor, ownLeaseIds: readonly string[]): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM jobs
    WHERE status = 'running' AND lease_expires_at > now() AND lease_id <> ALL(${ownLeaseIds}::uuid[])
    LIMIT 1
  `.execute(db);
  return rows.length > 0;
}

/** A claim that found a run under way starts nothing, so it is no attempt. Contract 01 section 5.6. */
export async function noteAdopted(db: Executor, { jobId, leaseId }: JobLease): Promise<void> {
  await sql`
    UPDATE jobs SET updated_at = now(),
      payload = payload || jsonb_build_object('dispatch', coalesce(payload -> 'dispatch', '{}')
        || jsonb_build_object('free_attempts',
          coalesce((payload -> 'dispatch' ->> 'free_attempts')::int, 0) + 1))
    WHERE id = ${jobId}::uuid AND lease_id = ${leaseId}::uuid AND status = 'running'
  `.execute(db);
}

/**
 * Canceled jobs whose owner stopped renewing, or that were waiting for a retry: a node may still run them. The
 * statement hands each out once. Contract 01 section 4.6.
 */
export async function takeOrphanedCancels(db: Executor): Promise<LeftJob[]> {
  const { rows } = await sql<{ id: string; task_id: string; node_id: string }>`
    UPDATE jobs j SET lease_expires_at = NULL
    FROM (SELECT id FROM jobs
      WHERE status = 'canceled' AND lease_expires_at < now() AND node_id IS NOT NULL
      LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED) AS orphan
    WHERE j.id = orphan.id
    RETURNING j.id, j.task_id, j.node_id
  `.execute(db);
  return rows.map((row) => ({ taskId: row.task_id, jobId: row.id, nodeId: row.node_id }));
}

/** Whether the job belongs on that node. */
export async function isWanted(db: Executor, { jobId, nodeId }: LeftJob): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM jobs
    WHERE id = ${jobId}::uuid AND node_id = ${nodeId}::uuid AND status IN ('queued', 'running')
  `.execute(db);
  return rows.length > 0;
}
