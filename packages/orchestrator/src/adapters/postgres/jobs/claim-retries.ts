import { type Kysely, type Transaction, sql } from 'kysely';
import { eligibleNodes } from '../../../domain/dispatch/select-node.ts';
import type { ClaimedRetry } from '../../../ports/claims.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { DispatchNode } from '../../../ports/nodes.ts';
import { dispatchSettings, dispatchSettingsJson } from '../settings/dispatch-settings.ts';
import type { Database } from '../tables.ts';
import { type CandidateRow, claimedJob } from './claimed-job.ts';
import { readDispatchNodes } from '../nodes/read-dispatch-nodes.ts';
import { startJobs } from './start-jobs.ts';

/** Most jobs of one claim. */
const maxBatch = 64;

type RetryRow = CandidateRow & { readonly node_id: string };

/** `lease_expires_at` leads to the few jobs that had a lease already, however long the queue is. */
async function lockRetries(trx: Transaction<Database>): Promise<readonly RetryRow[]> {
  const { rows } = await sql<RetryRow>`
    SELECT j.id, j.task_id, j.attempt, j.payload, j.node_id,
      CASE WHEN j.payload -> 'input_files' @> '[{"source": {"kind": "prompt"}}]' THEN t.prompt END AS prompt,
      ${dispatchSettingsJson} AS settings
    FROM jobs j JOIN tasks t ON t.id = j.task_id
    WHERE j.status = 'queued' AND j.node_id IS NOT NULL AND j.lease_expires_at IS NOT NULL
      AND (j.next_attempt_at IS NULL OR j.next_attempt_at <= now())
      AND t.status IN ('pending', 'running')
    ORDER BY j.created_at, j.id
    LIMIT ${maxBatch}
    FOR NO KEY UPDATE OF t, j SKIP LOCKED
  `.execute(trx);
  return rows;
}

/** A node that cannot be called any more cannot be asked: its jobs go anywhere. */
async function forgetNode(trx: Transaction<Database>, jobIds: readonly string[]): Promise<void> {
  if (jobIds.length === 0) return;
  await sql`
    UPDATE jobs SET node_id = NULL, lease_expires_at = NULL, updated_at = now()
    WHERE id = ANY(${jobIds}::uuid[])
  `.execute(trx);
}

function mayTake({ facts }: DispatchNode, { payload }: CandidateRow): boolean {
  const needs = {
    useInference: payload.use_inference,
    refusedBy: payload.dispatch?.refused_by ?? [],
  };
  return typeof eligibleNodes([facts], needs) !== 'string';
}

/**
 * Claims due jobs that a node may have already, each on that node and without counting its slots: the job is asked
 * for before it is sent, and its slot was kept. Contract 01 section 5.6.
 */
export async function claimRetries(
  db: Kysely<Database>,
  vault: NodeTokenVault,
): Promise<readonly ClaimedRetry[]> {
  const { rows: due } = await sql`
    SELECT 1 FROM jobs
    WHERE status = 'queued' AND node_id IS NOT NULL AND lease_expires_at IS NOT NULL
      AND (next_attempt_at IS NULL OR next_attempt_at <= now())
    LIMIT 1
  `.execute(db);
  if (due.length === 0) return [];
  return db.transaction().execute(async (trx) => {
    const rows = await lockRetries(trx);
    if (rows.length === 0) return [];
    const nodes = await readDispatchNodes(trx, vault);
    const settings = dispatchSettings(rows[0]?.settings ?? null);
    const lost: string[] = [];
    const claimed: ClaimedRetry[] = [];
    for (const row of rows) {
      const node = nodes.find((one) => one.facts.nodeId === row.node_id);
      if (node?.connection === undefined) lost.push(row.id);
      else {
        const job = claimedJob(row, node.connection, settings);
        claimed.push({ ...job, mayTakeWork: mayTake(node, row) });
      }
    }
    await forgetNode(trx, lost);
    await startJobs(
      trx,
      claimed.map((job) => ({
        ...job,
        nodeId: job.node.nodeId,
        maxAttempts: settings.maxAttempts,
        note: { node_slug: job.node.slug, reasons: ['last_node'] },
      })),
    );
    return claimed;
  });
}
