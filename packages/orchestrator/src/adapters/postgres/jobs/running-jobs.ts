import { sql } from 'kysely';
import type { JobLease } from '../../../ports/dispatch.ts';
import type { Executor } from '../database.ts';

/** Of the given jobs those that were canceled. */
export async function canceledAmong(db: Executor, jobIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM jobs WHERE id = ANY(${jobIds}::uuid[]) AND status = 'canceled'
  `.execute(db);
  return rows.map((row) => row.id);
}

/** Running jobs whose lease has passed, but for the given ones. Contract 01 section 5.6. */
export async function expiredLeases(
  db: Executor,
  exceptJobIds: readonly string[],
): Promise<JobLease[]> {
  const { rows } = await sql<{ id: string; task_id: string; lease_id: string }>`
    SELECT id, task_id, lease_id FROM jobs
    WHERE status = 'running' AND lease_expires_at < now() AND id <> ALL(${exceptJobIds}::uuid[])
    ORDER BY lease_expires_at LIMIT 100
  `.execute(db);
  return rows.map((row) => ({ taskId: row.task_id, jobId: row.id, leaseId: row.lease_id }));
}

/** Ends leases now, so that the next process need not wait for them. */
export async function abandonLeases(db: Executor, leases: readonly JobLease[]): Promise<void> {
  await sql`
    UPDATE jobs SET lease_expires_at = now(), updated_at = now()
    WHERE status = 'running' AND lease_id = ANY(${leases.map((lease) => lease.leaseId)}::uuid[])
  `.execute(db);
}
