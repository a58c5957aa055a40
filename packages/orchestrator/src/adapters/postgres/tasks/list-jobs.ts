import type { JobRecord } from '../../../domain/tasks/task-record.ts';
import type { Executor } from '../database.ts';

/** The jobs of a task in creation order. */
export async function listJobs(db: Executor, taskId: string): Promise<readonly JobRecord[]> {
  const rows = await db
    .selectFrom('jobs')
    .select(['id', 'status', 'result', 'started_at', 'ended_at'])
    .where('task_id', '=', taskId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    status: row.status,
    result: row.result ?? undefined,
    startedAt: row.started_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
  }));
}
