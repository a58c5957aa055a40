import { type Kysely, sql } from 'kysely';
import type { ClaimedPrompt, PromptClaims, PromptQueue } from '../../../ports/prompts.ts';
import type { JobMessage } from '../../../domain/jobs/job-payload.ts';
import type { Executor } from '../database.ts';
import { readDispatchSettings } from '../settings/dispatch-settings.ts';
import { readPromptSettings } from '../settings/prompt-settings.ts';
import type { Database } from '../tables.ts';
import { hasDueJob, isDue } from './due-jobs.ts';
import { startJobs } from './start-jobs.ts';

interface Row {
  readonly id: string;
  readonly task_id: string;
  readonly broken_calls: number;
  readonly messages: readonly JobMessage[] | null;
}

/** Two processes must not both see the last free place of the model. */
const promptLock = 'claim of prompts';

/**
 * Prompts that are at a model now, as far as leases tell. That of a control-plane which was killed counts until its lease
 * ends: the end of a session with the database is no proof of a death, see docs/adr/0006-only-a-lease-ends-a-holder.md.
 */
async function underWay(db: Executor): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::int AS count FROM jobs
    WHERE status = 'running' AND payload ->> 'kind' = 'inference'
  `.execute(db);
  return rows[0]?.count ?? 0;
}

/** What waits and what is under way; no more is asked while nothing waits. */
export async function readPromptQueue(db: Executor): Promise<PromptQueue> {
  if (!(await hasDueJob(db, 'inference'))) return { isDue: false, underWay: 0, atOnce: undefined };
  const { atOnce } = await readPromptSettings(db);
  return { isDue: true, underWay: await underWay(db), atOnce };
}

/**
 * Claims queued prompts for a model, oldest first, as many as it takes at once: they get a lease and no node.
 * See docs/reference/inference.md#prompts and docs/reference/leases.md#claim-and-send.
 * @param firstWordMs limit of the first word, ms
 */
export async function claimInferenceJobs(
  db: Kysely<Database>,
  { limit, atOnce, note }: Parameters<PromptClaims['claim']>[0],
  firstWordMs: number,
): Promise<readonly ClaimedPrompt[]> {
  return db.transaction().execute(async (trx) => {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${promptLock}, 0))`.execute(trx);
    const settings = await readPromptSettings(trx);
    const free = Math.min(limit, (settings.atOnce ?? atOnce) - (await underWay(trx)));
    if (free <= 0) return [];
    const { rows } = await sql<Row>`
      SELECT j.id, j.task_id, coalesce((j.payload -> 'dispatch' ->> 'broken_calls')::int, 0) AS broken_calls,
        j.payload -> 'messages' AS messages
      FROM jobs j JOIN tasks t ON t.id = j.task_id
      WHERE ${isDue} AND j.payload ->> 'kind' = 'inference'
        AND t.status IN ('pending', 'running')
      ORDER BY j.created_at, j.id
      LIMIT ${free}
      FOR NO KEY UPDATE OF t, j SKIP LOCKED
    `.execute(trx);
    if (rows.length === 0) return [];
    const { leaseMs, maxAttempts } = await readDispatchSettings(trx);
    const claimed = rows.map((row): ClaimedPrompt => ({
      taskId: row.task_id,
      jobId: row.id,
      leaseId: crypto.randomUUID(),
      messages: row.messages ?? undefined,
      brokenCalls: row.broken_calls,
      leaseMs,
      limits: { ...settings.limits, firstWordMs },
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
        isNewRun: true,
        note,
      })),
    );
    return claimed;
  });
}
