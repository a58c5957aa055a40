import { type Kysely, type Transaction, sql } from 'kysely';
import { dispatchSettings } from '../../../domain/dispatch/dispatch-settings.ts';
import { planRetry } from '../../../domain/dispatch/plan-retry.ts';
import { maxJobsPerTransaction } from '../../../domain/jobs/batches.ts';
import type { ClaimedRetry } from '../../../ports/claims.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import { readDispatchNodes } from '../nodes/read-dispatch-nodes.ts';
import { dispatchSettingsJson } from '../settings/dispatch-settings.ts';
import type { Database } from '../tables.ts';
import { type CandidateRow, claimedJob, promptColumn } from './claimed-job.ts';
import { hasDueRetry, isDue, isRetry } from './due-jobs.ts';
import { workspaceColumns } from '../workspaces/hold-workspaces.ts';
import { type JobStart, startJobs } from './start-jobs.ts';

type RetryRow = CandidateRow & { readonly node_id: string };

async function lockRetries(trx: Transaction<Database>): Promise<readonly RetryRow[]> {
  const { rows } = await sql<RetryRow>`
    SELECT j.id, j.task_id, j.attempt, j.payload, j.node_id, ${promptColumn},
      ${workspaceColumns}, ${dispatchSettingsJson} AS settings
    FROM jobs j JOIN tasks t ON t.id = j.task_id LEFT JOIN workspaces w ON w.id = j.workspace_id
    WHERE ${isDue} AND ${isRetry} AND t.status IN ('pending', 'running')
    ORDER BY j.created_at, j.id
    LIMIT ${maxJobsPerTransaction}
    FOR NO KEY UPDATE OF t, j SKIP LOCKED
  `.execute(trx);
  return rows;
}

async function forgetNode(trx: Transaction<Database>, jobIds: readonly string[]): Promise<void> {
  if (jobIds.length === 0) return;
  await sql`
    UPDATE jobs SET node_id = NULL, lease_expires_at = NULL, updated_at = now()
    WHERE id = ANY(${jobIds}::uuid[])
  `.execute(trx);
}

/**
 * Claims due jobs that a node may have already, each on that node.
 * See docs/reference/leases.md#leases-and-retries.
 */
export async function claimRetries(
  db: Kysely<Database>,
  vault: NodeTokenVault,
): Promise<readonly ClaimedRetry[]> {
  if (!(await hasDueRetry(db))) return [];
  return db.transaction().execute(async (trx) => {
    const rows = await lockRetries(trx);
    if (rows.length === 0) return [];
    const nodes = await readDispatchNodes(trx, vault);
    const facts = nodes.map((node) => node.facts);
    const settings = dispatchSettings(rows[0]?.settings ?? null);
    const lost: string[] = [];
    const claimed: ClaimedRetry[] = [];
    const starts: JobStart[] = [];
    for (const row of rows) {
      const candidate = { jobId: row.id, nodeId: row.node_id, payload: row.payload };
      const plan = planRetry(facts, candidate);
      const connection = nodes.find((one) => one.facts.nodeId === row.node_id)?.connection;
      if (plan.kind === 'forget_node' || connection === undefined) {
        lost.push(row.id);
        continue;
      }
      const job = claimedJob(row, connection, settings);
      claimed.push({ ...job, mayTakeWork: plan.mayTakeWork });
      const { maxAttempts } = settings;
      starts.push({
        ...job,
        nodeId: connection.nodeId,
        maxAttempts,
        note: plan.note,
        isNewRun: false,
      });
    }
    await forgetNode(trx, lost);
    await startJobs(trx, starts);
    return claimed;
  });
}
