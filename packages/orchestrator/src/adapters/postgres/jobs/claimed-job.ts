import { sql } from 'kysely';
import type { WorkspaceNeed } from '../../../domain/dispatch/select-node.ts';
import type { SandboxJobPayload } from '../../../domain/jobs/job-payload.ts';
import { dispatchDeadlineMs, effectiveTimeoutSeconds } from '../../../domain/jobs/job-timeouts.ts';
import type { ClaimedJob } from '../../../ports/claims.ts';
import type { NodeConnection } from '../../../ports/nodes.ts';
import type { DispatchSettings } from '../../../domain/dispatch/dispatch-settings.ts';

/** A row as both kinds of claims read it; `prompt` only when an input file is made from it. */
export interface CandidateRow {
  readonly id: string;
  readonly task_id: string;
  readonly attempt: number;
  readonly payload: SandboxJobPayload;
  readonly prompt: string | null;
  readonly workspace_id: string | null;
  readonly workspace_node_id: string | null;
  readonly workspace_used: boolean | null;
  /** The settings of the claim, the same in every row. */
  readonly settings: Record<string, unknown> | null;
}

/** SQL: column `prompt` of a candidate, read only for jobs that need it. */
export const promptColumn = sql`
  CASE WHEN j.payload -> 'input_files' @> '[{"source": {"kind": "prompt"}}]' THEN t.prompt END AS prompt`;

/** The place of a row's workspace, for the choice of a node. */
export function workspaceNeed(row: CandidateRow): WorkspaceNeed | undefined {
  if (row.workspace_id === null) return undefined;
  return { id: row.workspace_id, nodeId: row.workspace_node_id ?? undefined };
}

/** A locked row as the job its claimer will own, under a new lease. */
export function claimedJob(
  row: CandidateRow,
  node: NodeConnection,
  settings: DispatchSettings,
): ClaimedJob {
  const timeoutSeconds = effectiveTimeoutSeconds(
    row.payload.timeout_seconds,
    settings.maxJobSeconds,
  );
  return {
    taskId: row.task_id,
    jobId: row.id,
    leaseId: crypto.randomUUID(),
    attempt: row.attempt + 1,
    payload: row.payload,
    prompt: row.prompt ?? undefined,
    node,
    defaultImage: settings.defaultImage,
    maxRefusals: settings.maxRefusals,
    timeoutSeconds,
    deadlineMs: dispatchDeadlineMs(timeoutSeconds),
    leaseMs: settings.leaseMs,
    ...(row.workspace_id !== null && {
      workspace: {
        id: row.workspace_id,
        isUsed: row.workspace_used === true,
        isPlacedNow: row.workspace_node_id === null,
      },
    }),
  };
}
