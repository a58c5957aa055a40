import { sql } from 'kysely';
import type { JobPayload } from '../../../domain/jobs/job-payload.ts';
import type { Executor } from '../database.ts';

/** True when a queued job of the kind that no node has may be claimed now; keeps an idle claimer from taking locks. */
export async function hasDueJob(db: Executor, kind: JobPayload['kind']): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM jobs
    WHERE status = 'queued' AND payload ->> 'kind' = ${kind} AND node_id IS NULL
      AND (next_attempt_at IS NULL OR next_attempt_at <= now())
    LIMIT 1
  `.execute(db);
  return rows.length > 0;
}
