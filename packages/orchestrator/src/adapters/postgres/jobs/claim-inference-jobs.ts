import { type Kysely, sql } from 'kysely';
import type { JobLease } from '../../../ports/dispatch.ts';
import type { Database } from '../tables.ts';
import { hasDueJob } from './has-due-job.ts';
import { startJobs } from './start-jobs.ts';

/** Most jobs of one claim. */
const maxBatch = 64;
/** These end within this process at once; a lease of a minute lets another take over when it dies. */
const leaseMs = 60_000;

/** Claims queued prompts, oldest first. They go to no node and to no shell (REQ-ORCHES-0125). */
export async function claimInferenceJobs(db: Kysely<Database>): Promise<readonly JobLease[]> {
  if (!(await hasDueJob(db, 'inference'))) return [];
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: string; task_id: string }>`
      SELECT j.id, j.task_id FROM jobs j JOIN tasks t ON t.id = j.task_id
      WHERE j.status = 'queued' AND j.payload ->> 'kind' = 'inference'
        AND (j.next_attempt_at IS NULL OR j.next_attempt_at <= now())
        AND t.status IN ('pending', 'running')
      ORDER BY j.created_at, j.id
      LIMIT ${maxBatch}
      FOR NO KEY UPDATE OF t, j SKIP LOCKED
    `.execute(trx);
    const leases = rows.map((row) => ({
      taskId: row.task_id,
      jobId: row.id,
      leaseId: crypto.randomUUID(),
    }));
    await startJobs(
      trx,
      leases.map((lease) => ({
        ...lease,
        nodeId: undefined,
        leaseMs,
        note: { reasons: ['no_inference_path'] },
      })),
    );
    return leases;
  });
}
