import { type Kysely, type Transaction, sql } from 'kysely';
import { dispatchSettings } from '../../../domain/dispatch/dispatch-settings.ts';
import type { NodeFacts } from '../../../domain/dispatch/node-facts.ts';
import { type ClassSlots, type OpenSlots, openSlots } from '../../../domain/dispatch/open-slots.ts';
import { type Placement, planBatch } from '../../../domain/dispatch/plan-batch.ts';
import { jobNeeds, withoutAvoided } from '../../../domain/dispatch/select-node.ts';
import { maxJobsPerTransaction } from '../../../domain/jobs/batches.ts';
import type { ClaimOptions, ClaimedJob } from '../../../ports/claims.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import { dispatchSettingsJson } from '../settings/dispatch-settings.ts';
import type { Database } from '../tables.ts';
import { type CandidateRow, claimedJob, promptColumn, workspaceNeed } from './claimed-job.ts';
import { enterClaim } from './enter-claim.ts';
import { hasDueJob, isDue } from './due-jobs.ts';
import { readDispatchNodes } from '../nodes/read-dispatch-nodes.ts';
import {
  holdWorkspaces,
  isWorkspaceFree,
  workspaceColumns,
} from '../workspaces/hold-workspaces.ts';
import { startJobs } from './start-jobs.ts';

const open = (slots: ClassSlots): readonly string[] => (slots.kind === 'open' ? slots.nodeIds : []);

/** Ids of nodes, busy or not, with features that some jobs need. */
interface AbleNodes {
  readonly secrets: readonly string[];
  readonly workspaces: readonly string[];
}

function ableNodes(nodes: readonly NodeFacts[]): AbleNodes {
  const ids = (can: (node: NodeFacts) => boolean | undefined): string[] =>
    nodes.filter((node) => can(node) === true).map(({ nodeId }) => nodeId);
  return {
    secrets: ids((node) => node.jobSecrets),
    workspaces: ids((node) => node.keepsWorkspaces),
  };
}

/** Oldest due jobs that some free node may take, locked together with their tasks; locked ones are skipped. */
async function lockCandidates(
  trx: Transaction<Database>,
  slots: OpenSlots,
  able: AbleNodes,
): Promise<readonly CandidateRow[]> {
  const { rows } = await sql<CandidateRow>`
    SELECT j.id, j.task_id, j.attempt, j.payload, ${promptColumn},
      ${workspaceColumns}, ${dispatchSettingsJson} AS settings
    FROM jobs j JOIN tasks t ON t.id = j.task_id LEFT JOIN workspaces w ON w.id = j.workspace_id
    WHERE ${isDue} AND j.payload ->> 'kind' = 'sandbox' AND j.node_id IS NULL
      AND t.status IN ('pending', 'running')
      AND (j.workspace_id IS NULL OR ${isWorkspaceFree})
      AND EXISTS (
        SELECT 1 FROM unnest(
          CASE WHEN (j.payload ->> 'use_inference')::boolean
            THEN ${open(slots.inference)}::text[] ELSE ${open(slots.plain)}::text[] END) AS node
        WHERE NOT coalesce(j.payload -> 'dispatch' -> 'refused_by', '[]') ? node
          AND (NOT j.payload ? 'folder' OR node = ANY (${slots.folders.nodeIds}::text[]))
          AND (NOT j.payload ? 'secrets' OR node = ANY (${able.secrets}::text[]))
          AND (NOT j.payload ? 'workspace' OR node = ANY (${able.workspaces}::text[])
            AND (node = w.node_id::text OR w.node_id IS NULL AND w.last_used_at IS NULL)))
    ORDER BY j.created_at, j.id
    LIMIT ${Math.min(slots.total, maxJobsPerTransaction)}
    FOR NO KEY UPDATE OF t, j SKIP LOCKED
  `.execute(trx);
  return rows;
}

function place(nodes: readonly NodeFacts[], rows: readonly CandidateRow[]): Placement[] {
  return planBatch(
    nodes,
    rows.map((row) => ({ jobId: row.id, ...jobNeeds(row.payload, workspaceNeed(row)) })),
  );
}

/**
 * Claims due sandbox jobs up to the free slots: row locks on task and job together, lease, node and
 * task status in one short transaction that ends before anything is sent.
 * See docs/reference/leases.md#claim-and-send and docs/reference/database.md#work-tables.
 */
export async function claimSandboxJobs(
  db: Kysely<Database>,
  vault: NodeTokenVault,
  { extraRunning, avoid }: ClaimOptions,
): Promise<readonly ClaimedJob[]> {
  if (!(await hasDueJob(db, 'sandbox'))) return [];
  return db.transaction().execute(async (trx) => {
    await enterClaim(trx);
    const nodes = await readDispatchNodes(trx, vault, extraRunning);
    const facts = withoutAvoided(
      nodes.map((node) => node.facts),
      avoid,
    );
    const slots = openSlots(facts);
    if (slots.total === 0) return [];
    const rows = await lockCandidates(trx, slots, ableNodes(facts));
    if (rows.length === 0) return [];
    const settings = dispatchSettings(rows[0]?.settings ?? null);
    const claimed = place(facts, rows).flatMap(({ jobId, node, reasons }) => {
      const row = rows.find((candidate) => candidate.id === jobId);
      const connection = nodes.find((one) => one.facts.nodeId === node.nodeId)?.connection;
      if (row === undefined || connection === undefined) return [];
      return [{ job: claimedJob(row, connection, settings), reasons }];
    });
    await holdWorkspaces(
      trx,
      claimed.map(({ job }) => job),
    );
    await startJobs(
      trx,
      claimed.map(({ job, reasons }) => ({
        ...job,
        nodeId: job.node.nodeId,
        maxAttempts: settings.maxAttempts,
        isNewRun: true,
        note: { node_slug: job.node.slug, reasons },
      })),
    );
    return claimed.map(({ job }) => job);
  });
}
