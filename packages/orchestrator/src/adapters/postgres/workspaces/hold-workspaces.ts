import { type Transaction, sql } from 'kysely';
import type { ClaimedJob } from '../../../ports/claims.ts';
import type { Database } from '../tables.ts';

/** SQL: job states in which a job may write where it was sent to. */
export const openJobStates = sql`('queued', 'running', 'lease_expired')`;

/**
 * SQL: the workspace `w` of job `j`, where it has one, is held by no other job. A job that has ended holds nothing, so
 * that no end of a job can forget to give its workspace back; one that still winds down on its node is refused there.
 */
export const isWorkspaceFree = sql`(w.holder_job_id IS NULL OR w.holder_job_id = j.id OR NOT EXISTS (
  SELECT 1 FROM jobs h WHERE h.id = w.holder_job_id AND h.status IN ${openJobStates}))`;

/** SQL: columns of a claim's row about the workspace `w` of its job. */
export const workspaceColumns = sql`
  w.id AS workspace_id, w.node_id AS workspace_node_id, w.last_used_at IS NOT NULL AS workspace_used`;

/**
 * Claimed jobs take their workspaces, each on the node that was chosen. Claims are made one after the other, and a
 * workspace with an open job is not deleted, so that nobody else has it. See docs/reference/workspaces.md#one-at-a-time.
 */
export async function holdWorkspaces(
  trx: Transaction<Database>,
  claimed: readonly Pick<ClaimedJob, 'jobId' | 'node' | 'workspace'>[],
): Promise<void> {
  const holders = claimed.flatMap(({ jobId, node: { nodeId }, workspace }) =>
    workspace === undefined ? [] : [{ id: workspace.id, job_id: jobId, node_id: nodeId }],
  );
  if (holders.length === 0) return;
  await sql`
    UPDATE workspaces w SET holder_job_id = c.job_id, node_id = c.node_id, updated_at = now()
    FROM jsonb_to_recordset(${JSON.stringify(holders)}::jsonb) AS c (id uuid, job_id uuid, node_id uuid)
    WHERE w.id = c.id
  `.execute(trx);
}

/** A workspace that nothing was begun in is not bound to the node that was chosen for it. */
export async function freeWorkspacePlace(trx: Transaction<Database>, jobId: string): Promise<void> {
  await sql`
    UPDATE workspaces SET node_id = NULL, holder_job_id = NULL, updated_at = now()
    WHERE holder_job_id = ${jobId}::uuid AND last_used_at IS NULL
  `.execute(trx);
}

/** Results of jobs that ran in their workspaces say how large those are now. */
export async function noteWorkspaceUse(
  trx: Transaction<Database>,
  jobs: readonly { readonly jobId: string; readonly bytes: number }[],
): Promise<void> {
  if (jobs.length === 0) return;
  const input = JSON.stringify(jobs.map(({ jobId, bytes }) => ({ id: jobId, bytes })));
  await sql`
    UPDATE workspaces w SET last_used_at = now(), size_bytes = e.bytes, updated_at = now()
    FROM jsonb_to_recordset(${input}::jsonb) AS e (id uuid, bytes bigint)
    JOIN jobs j ON j.id = e.id
    WHERE w.id = j.workspace_id AND w.holder_job_id = j.id
  `.execute(trx);
}
