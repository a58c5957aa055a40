import { sql } from 'kysely';
import type { WantedWorkspace } from '../../../domain/workspaces/workspace-wait.ts';
import type { Executor } from '../database.ts';
import { isDue } from '../jobs/due-jobs.ts';
import { openJobStates } from './hold-workspaces.ts';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly node_id: string | null;
  readonly is_used: boolean;
  readonly held_by: string | null;
}

/** Workspaces at one look; what is beyond has its turn when others are through. */
const most = 1000;

/** Workspaces of due jobs that no node has, with the job that holds each. */
export async function wantedWorkspaces(
  db: Executor,
): Promise<readonly (WantedWorkspace & { readonly id: string })[]> {
  const { rows } = await sql<Row>`
    SELECT w.id, w.name, w.node_id, w.last_used_at IS NOT NULL AS is_used,
      coalesce(t.name, t.id::text) AS held_by
    FROM workspaces w
    LEFT JOIN jobs h ON h.id = w.holder_job_id AND h.status IN ${openJobStates}
    LEFT JOIN tasks t ON t.id = h.task_id
    WHERE w.id IN (SELECT j.workspace_id FROM jobs j
      WHERE ${isDue} AND j.node_id IS NULL AND j.workspace_id IS NOT NULL AND j.id IS DISTINCT FROM w.holder_job_id)
    ORDER BY w.id LIMIT ${most}
  `.execute(db);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    nodeId: row.node_id ?? undefined,
    isUsed: row.is_used,
    heldBy: row.held_by ?? undefined,
  }));
}
