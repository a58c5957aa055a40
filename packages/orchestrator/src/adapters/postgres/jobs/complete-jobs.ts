import { at } from '@cynodeai/runtime/std';
import { type Kysely, type Transaction, sql } from 'kysely';
import { DatabaseError } from 'pg';
import { OrchestratorError } from '../../../domain/errors.ts';
import { endEvents } from '../../../domain/jobs/job-events.ts';
import { storableJson } from '../../../domain/jobs/job-result.ts';
import { binaryOf } from '../../../domain/jobs/stream-tails.ts';
import { type EndFacts, type StoredEnd, storedEnd } from '../../../domain/jobs/stored-end.ts';
import type { EndedJob, JobEnds } from '../../../ports/job-ends.ts';
import { appendTaskEvents } from '../task-events.ts';
import type { Database } from '../tables.ts';
import { noteWorkspaceUse } from '../workspaces/hold-workspaces.ts';
import { hasWorkflow } from '../workflow/waiting-workflows.ts';
import { insertArtifacts } from './insert-artifacts.ts';
import { insertFallbackJobs } from './insert-fallback-jobs.ts';
import { lockTasks } from './lock-tasks.ts';

/** Jobs still running under the given leases get their end; answers with their ids. */
async function endJobs(
  trx: Transaction<Database>,
  jobs: readonly EndedJob[],
): Promise<Set<string>> {
  const input = JSON.stringify(
    jobs.map((job) => ({
      id: job.jobId,
      lease_id: job.leaseId,
      status: job.status,
      result: storableJson(job.result),
    })),
  );
  const { rows } = await sql<{ id: string }>`
    UPDATE jobs j SET status = e.status, result = e.result, ended_at = now(),
      lease_expires_at = NULL, updated_at = now()
    FROM jsonb_to_recordset(${input}::jsonb) AS e (id uuid, lease_id uuid, status text, result jsonb)
    WHERE j.id = e.id AND j.status = 'running' AND j.lease_id = e.lease_id
    RETURNING j.id
  `.execute(trx);
  return new Set(rows.map((row) => row.id));
}

/**
 * Results of jobs canceled meanwhile are kept for inspection; no status changes.
 * See docs/reference/tasks-and-jobs.md#job-states.
 */
async function keepLateResults(
  trx: Transaction<Database>,
  jobs: readonly EndedJob[],
): Promise<Set<string>> {
  if (jobs.length === 0) return new Set();
  const input = JSON.stringify(
    jobs.map((job) => ({
      id: job.jobId,
      lease_id: job.leaseId,
      result: storableJson(job.result),
    })),
  );
  const { rows } = await sql<{ id: string }>`
    UPDATE jobs j SET result = e.result, lease_expires_at = NULL, updated_at = now()
    FROM jsonb_to_recordset(${input}::jsonb) AS e (id uuid, lease_id uuid, result jsonb)
    WHERE j.id = e.id AND j.status = 'canceled' AND j.lease_id = e.lease_id AND j.result IS NULL
    RETURNING j.id
  `.execute(trx);
  return new Set(rows.map((row) => row.id));
}

/** What a task keeps of its job's result; undefined for nothing. */
function factsOf(result: EndedJob['result']): object | undefined {
  const exit_code = at(result, 'exit_code');
  const streams = Object.keys(binaryOf(result) ?? {});
  const facts = {
    ...(exit_code !== undefined && { exit_code }),
    ...(streams.length > 0 && { binary: streams }),
  };
  return Object.keys(facts).length === 0 ? undefined : facts;
}

/**
 * Ends the running tasks of ended jobs; answers with their ids. The exit code, and which streams are no text, are kept
 * with the task, so that a list of tasks reads no results. A task with a workflow is ended by that alone, whatever
 * becomes of a job.
 */
export async function endTasks(
  trx: Transaction<Database>,
  jobs: readonly Pick<EndedJob, 'taskId' | 'status' | 'summary' | 'result'>[],
): Promise<Set<string>> {
  if (jobs.length === 0) return new Set();
  const input = JSON.stringify(
    jobs.map((job) => ({
      id: job.taskId,
      status: job.status,
      summary: job.summary,
      facts: factsOf(job.result),
    })),
  );
  const { rows } = await sql<{ id: string }>`
    UPDATE tasks t SET status = e.status, closed = true, summary = e.summary, ended_at = now(),
      metadata = CASE WHEN e.facts IS NULL THEN t.metadata ELSE coalesce(t.metadata, '{}') || e.facts END,
      updated_at = now()
    FROM jsonb_to_recordset(${input}::jsonb) AS e (id uuid, status text, summary text, facts jsonb)
    WHERE t.id = e.id AND t.status = 'running' AND (${hasWorkflow}) IS NOT TRUE
    RETURNING t.id
  `.execute(trx);
  return new Set(rows.map((row) => row.id));
}

/** Of the jobs that nothing was written of, those that have a final status, whoever gave it. */
async function finalAmong(
  trx: Transaction<Database>,
  jobs: readonly EndedJob[],
  ...written: readonly ReadonlySet<string>[]
): Promise<Set<string>> {
  const jobIds = jobs.map((job) => job.jobId).filter((id) => !written.some((ids) => ids.has(id)));
  if (jobIds.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM jobs
    WHERE id = ANY(${jobIds}::uuid[]) AND status IN ('completed', 'failed', 'canceled')
  `.execute(trx);
  return new Set(rows.map((row) => row.id));
}

/** Jobs that ran in kept workspaces, and what they left there, bytes. */
function usesOf(jobs: readonly EndedJob[]): { readonly jobId: string; readonly bytes: number }[] {
  return jobs.flatMap(({ jobId, result }) => {
    const bytes = at(result, 'workspace_bytes');
    return typeof bytes === 'number' ? [{ jobId, bytes }] : [];
  });
}

async function complete(
  trx: Transaction<Database>,
  jobs: readonly EndedJob[],
): Promise<ReadonlyMap<string, StoredEnd>> {
  await lockTasks(
    trx,
    jobs.map((job) => job.taskId),
  );
  const ended = await endJobs(trx, jobs);
  const recorded = jobs.filter((job) => ended.has(job.jobId));
  const kept = await keepLateResults(
    trx,
    jobs.filter((job) => !ended.has(job.jobId)),
  );
  await noteWorkspaceUse(trx, usesOf(jobs));
  await insertArtifacts(trx, [...recorded, ...jobs.filter((job) => kept.has(job.jobId))]);
  if (recorded.length > 0) {
    const last = recorded.filter((job) => job.next === undefined);
    const endedTasks = await endTasks(trx, last);
    const endedAt = new Date();
    await appendTaskEvents(
      trx,
      recorded.flatMap((job) => endEvents(job, endedTasks, endedAt)),
    );
    const goingOn = recorded.flatMap(({ next, ...job }) => (next ? [{ ...job, next }] : []));
    await insertFallbackJobs(trx, goingOn);
  }
  const facts: EndFacts = {
    recorded: ended,
    kept,
    final: await finalAmong(trx, jobs, ended, kept),
  };
  return new Map(jobs.map(({ jobId }) => [jobId, storedEnd(jobId, facts)]));
}

/** Data exceptions and program limits: the values are at fault, and sending them again cannot help. */
const valueFault = /^(?:22|54)/;

/**
 * Ends jobs with their tasks, events and notifications in one transaction, guarded by the leases: a
 * second time, or after a cancel, no status changes.
 * See docs/reference/leases.md#what-an-answer-means.
 * @throws OrchestratorError `result_not_storable`.
 */
async function completeJobs(
  db: Kysely<Database>,
  jobs: readonly EndedJob[],
): Promise<ReadonlyMap<string, StoredEnd>> {
  try {
    return await db.transaction().execute((trx) => complete(trx, jobs));
  } catch (cause) {
    const unstorable =
      cause instanceof RangeError ||
      (cause instanceof DatabaseError && valueFault.test(cause.code ?? ''));
    if (!unstorable) throw cause;
    throw new OrchestratorError('result_not_storable', 'a job result cannot be stored', { cause });
  }
}

/** Ends of jobs in PostgreSQL. */
export function postgresJobEnds(db: Kysely<Database>): JobEnds {
  return { complete: (jobs) => completeJobs(db, jobs) };
}
