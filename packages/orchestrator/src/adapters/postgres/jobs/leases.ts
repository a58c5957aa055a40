import { type Kysely, sql } from 'kysely';
import {
  type DispatchChange,
  adopted,
  begunAnew,
  nodeDied,
} from '../../../domain/jobs/dispatch-change.ts';
import type { JobLease, Leases, NodeDeaths } from '../../../ports/leases.ts';
import type { Executor } from '../database.ts';
import type { Database } from '../tables.ts';
import { changedPayload } from './changed-payload.ts';
import { reapLeases, releaseLease } from './expire-leases.ts';
import { renewLeases } from './renew-leases.ts';
import { requeueJob } from './requeue-job.ts';

/** Of the given jobs those that were canceled. */
async function canceledAmong(db: Executor, jobIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM jobs WHERE id = ANY(${jobIds}::uuid[]) AND status = 'canceled'
  `.execute(db);
  return rows.map((row) => row.id);
}

/** Ends leases now, so that the next process need not wait for them; those of canceled jobs too. */
async function abandonLeases(db: Executor, leases: readonly JobLease[]): Promise<void> {
  await sql`
    UPDATE jobs SET lease_expires_at = now(), updated_at = now()
    WHERE status IN ('running', 'canceled') AND lease_expires_at IS NOT NULL
      AND lease_id = ANY(${leases.map((lease) => lease.leaseId)}::uuid[])
  `.execute(db);
}

/** True while jobs run under leases that have not passed and are not the given ones. */
async function othersRun(db: Executor, ownLeaseIds: readonly string[]): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM jobs
    WHERE status = 'running' AND lease_expires_at > now() AND lease_id <> ALL(${ownLeaseIds}::uuid[])
    LIMIT 1
  `.execute(db);
  return rows.length > 0;
}

async function note(
  db: Executor,
  { jobId, leaseId }: JobLease,
  change: DispatchChange,
): Promise<void> {
  await sql`
    UPDATE jobs SET updated_at = now(), payload = ${changedPayload(change)}
    WHERE id = ${jobId}::uuid AND lease_id = ${leaseId}::uuid AND status = 'running'
  `.execute(db);
}

async function noteNodeDeath(
  db: Executor,
  { jobId, leaseId }: JobLease,
): Promise<NodeDeaths | undefined> {
  const { rows } = await sql<{ count: number; max_attempts: number }>`
    UPDATE jobs SET updated_at = now(), payload = ${changedPayload(nodeDied)}
    WHERE id = ${jobId}::uuid AND lease_id = ${leaseId}::uuid AND status = 'running'
    RETURNING (payload -> 'dispatch' ->> 'node_deaths')::int AS count, max_attempts
  `.execute(db);
  const [row] = rows;
  return row && { count: row.count, maxAttempts: row.max_attempts };
}

/** Leases of jobs in PostgreSQL. */
export function postgresLeases(db: Kysely<Database>): Leases {
  return {
    renew: (leases) => renewLeases(db, leases),
    canceledAmong: (jobIds) => canceledAmong(db, jobIds),
    requeue: (lease, back) => requeueJob(db, lease, back),
    release: (lease, reason) => releaseLease(db, lease, reason),
    noteAdopted: (lease) => note(db, lease, adopted),
    noteBegunAnew: (lease) => note(db, lease, begunAnew),
    noteNodeDeath: (lease) => noteNodeDeath(db, lease),
    abandon: (leases) => abandonLeases(db, leases),
    reap: (exceptLeaseIds) => reapLeases(db, exceptLeaseIds),
    othersRun: (ownLeaseIds) => othersRun(db, ownLeaseIds),
  };
}
