import { type Kysely, sql } from 'kysely';
import type { WaitingWorkflow, WaitingWorkflows } from '../../../ports/workflow.ts';
import type { Database } from '../tables.ts';
import { readWorkflowSettings } from './workflow-settings.ts';

/** SQL: a workflow was asked for, for a task `t`. */
export const hasWorkflow = sql`(t.metadata -> 'workflow' ->> 'requested_at') IS NOT NULL`;

async function waiting(db: Kysely<Database>, limit: number): Promise<readonly WaitingWorkflow[]> {
  const { rows } = await sql<{ readonly id: string; readonly asked_by: string }>`
    SELECT t.id, CASE WHEN t.metadata -> 'workflow' ->> 'trigger' = 'pm_request'
      THEN 'pm_request' ELSE 'user_api' END AS asked_by
    FROM tasks t LEFT JOIN task_workflow_leases l ON l.task_id = t.id
    WHERE NOT t.closed AND ${hasWorkflow}
      AND (l.holder_id IS NULL OR l.expires_at <= clock_timestamp())
    ORDER BY (t.metadata -> 'workflow' ->> 'requested_at'), t.id
    LIMIT ${limit}
  `.execute(db);
  return rows.map(({ id, asked_by }) => ({
    taskId: id,
    trigger: asked_by === 'pm_request' ? 'pm_request' : 'user_api',
  }));
}

async function nextExpiryMs(db: Kysely<Database>): Promise<number | undefined> {
  const { rows } = await sql<{ readonly ms: number | null }>`
    SELECT extract(epoch FROM min(expires_at) - clock_timestamp())::float8 * 1000 AS ms
    FROM task_workflow_leases WHERE holder_id IS NOT NULL AND expires_at > clock_timestamp()
  `.execute(db);
  const ms = rows[0]?.ms;
  return ms == null ? undefined : Math.max(0, Math.ceil(ms));
}

/** Tasks that wait for their workflow, in PostgreSQL. */
export function postgresWaitingWorkflows(db: Kysely<Database>): WaitingWorkflows {
  return {
    waiting: (limit) => waiting(db, limit),
    nextExpiryMs: () => nextExpiryMs(db),
    settings: () => readWorkflowSettings(db),
  };
}
