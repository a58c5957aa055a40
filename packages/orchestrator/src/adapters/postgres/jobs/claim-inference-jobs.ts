import { type Kysely, sql } from 'kysely';
import type { ClaimedPrompt, PromptClaims } from '../../../ports/prompts.ts';
import { readDispatchSettings } from '../settings/dispatch-settings.ts';
import type { Database } from '../tables.ts';
import { isDue } from './due-jobs.ts';
import { startJobs } from './start-jobs.ts';

interface Row {
  readonly id: string;
  readonly task_id: string;
  readonly attempt: number;
}

/**
 * Claims queued prompts for a model, oldest first: they get a lease and no node.
 * See docs/reference/inference.md#prompts and docs/reference/leases.md#claim-and-send.
 */
export async function claimInferenceJobs(
  db: Kysely<Database>,
  { limit, note }: Parameters<PromptClaims['claim']>[0],
): Promise<readonly ClaimedPrompt[]> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<Row>`
      SELECT j.id, j.task_id, j.attempt FROM jobs j JOIN tasks t ON t.id = j.task_id
      WHERE ${isDue} AND j.payload ->> 'kind' = 'inference'
        AND t.status IN ('pending', 'running')
      ORDER BY j.created_at, j.id
      LIMIT ${limit}
      FOR NO KEY UPDATE OF t, j SKIP LOCKED
    `.execute(trx);
    if (rows.length === 0) return [];
    const { leaseMs, maxAttempts } = await readDispatchSettings(trx);
    const claimed = rows.map((row): ClaimedPrompt => ({
      taskId: row.task_id,
      jobId: row.id,
      leaseId: crypto.randomUUID(),
      attempt: row.attempt + 1,
      leaseMs,
    }));
    await startJobs(
      trx,
      claimed.map(({ taskId, jobId, leaseId }) => ({
        taskId,
        jobId,
        leaseId,
        nodeId: undefined,
        leaseMs,
        maxAttempts,
        note,
      })),
    );
    return claimed;
  });
}
