import { sql } from 'kysely';
import type { LeftJob, LeftJobs } from '../../../ports/left-jobs.ts';
import type { Executor } from '../database.ts';

/**
 * Canceled jobs whose owner stopped renewing, or that were waiting for a retry: a node may still
 * run them. The statement hands each out once. See docs/reference/tasks-and-jobs.md#cancel.
 */
async function takeOrphanedCancels(db: Executor): Promise<LeftJob[]> {
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
async function isWanted(db: Executor, { jobId, nodeId }: LeftJob): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM jobs
    WHERE id = ${jobId}::uuid AND node_id = ${nodeId}::uuid AND status IN ('queued', 'running')
  `.execute(db);
  return rows.length > 0;
}

/** Runs that nobody waits for, in PostgreSQL. */
export function postgresLeftJobs(db: Executor): LeftJobs {
  return {
    takeOrphanedCancels: () => takeOrphanedCancels(db),
    isWanted: (job) => isWanted(db, job),
  };
}
