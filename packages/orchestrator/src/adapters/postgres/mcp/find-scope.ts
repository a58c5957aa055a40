import { sql } from 'kysely';
import type { FindScope } from '../../../ports/mcp.ts';
import type { Executor } from '../database.ts';

interface Row {
  readonly task_id: string | null;
  readonly project_id: string | null;
  readonly created_by: string | null;
  readonly job_task_id: string | null;
  readonly run_task_id: string | null;
}

/** What the ids of a call name, in one statement; a call without a task is about that of its job, else of its run. */
export function postgresFindScope(db: Executor): FindScope {
  return async ({ task_id: taskId, job_id: jobId, run_id: runId }) => {
    const { rows } = await sql<Row>`
      with named as (
        select (select task_id from jobs where id = ${jobId ?? null}::uuid) as job_task_id,
               (select task_id from runs where id = ${runId ?? null}::uuid) as run_task_id)
      select t.id as task_id, t.project_id, t.created_by, named.job_task_id, named.run_task_id
        from named
        left join tasks t on t.id = coalesce(${taskId ?? null}::uuid, named.job_task_id, named.run_task_id)`.execute(
      db,
    );
    const [row] = rows;
    if (row === undefined || row.task_id === null || row.created_by === null) return {};
    return {
      task: {
        id: row.task_id,
        projectId: row.project_id ?? undefined,
        createdBy: row.created_by,
      },
      ...(row.job_task_id !== null && { jobTaskId: row.job_task_id }),
      ...(row.run_task_id !== null && { runTaskId: row.run_task_id }),
    };
  };
}
