import { sql } from 'kysely';
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
  /** The settings of the claim, the same in every row. */
  readonly settings: Record<string, unknown> | null;
}

/** SQL: column `prompt` of a candidate, read only for jobs that need it. */
export const promptColumn = sql`
  CASE WHEN j.payload -> 'input_files' @> '[{"source": {"kind": "prompt"}}]' THEN t.prompt END AS prompt`;

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
  };
}
