import { sql } from 'kysely';
import type { JobPayload } from '../../../domain/jobs/job-payload.ts';
import type { Executor } from '../database.ts';

/** SQL: job `j` waits in the queue, and its pause is over. */
export const isDue = sql`j.status = 'queued' AND (j.next_attempt_at IS NULL OR j.next_attempt_at <= now())`;

/**
 * SQL: a node may have the waiting job `j` already. `lease_expires_at` leads to the few jobs that had a lease, however
 * long the queue is.
 */
export const isRetry = sql`j.node_id IS NOT NULL AND j.lease_expires_at IS NOT NULL`;

/** True when a queued job of the kind that no node has may be claimed now; keeps an idle claimer from taking locks. */
export async function hasDueJob(db: Executor, kind: JobPayload['kind']): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM jobs j WHERE ${isDue} AND j.payload ->> 'kind' = ${kind} AND j.node_id IS NULL LIMIT 1
  `.execute(db);
  return rows.length > 0;
}

/** True when a job that a node may have already may be claimed now. */
export async function hasDueRetry(db: Executor): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM jobs j WHERE ${isDue} AND ${isRetry} LIMIT 1
  `.execute(db);
  return rows.length > 0;
}
