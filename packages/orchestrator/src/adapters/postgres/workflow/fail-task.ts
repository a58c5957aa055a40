import { type Transaction, sql } from 'kysely';
import { appendTaskEvents } from '../task-events.ts';
import type { Database } from '../tables.ts';

/**
 * Ends a locked, open task as failed, tells why in its summary, and frees its workflow. Nothing of it runs: whoever
 * calls this has looked.
 */
export async function failTask(
  db: Transaction<Database>,
  taskId: string,
  failure: { readonly code: string; readonly message: string },
): Promise<void> {
  const { rows } = await sql<{ readonly ended_at: Date }>`
    UPDATE tasks SET status = 'failed', closed = true, ended_at = now(), updated_at = now(),
      summary = ${failure.message},
      metadata = jsonb_set(coalesce(metadata, '{}'), '{workflow}',
        coalesce(metadata -> 'workflow', '{}') || ${JSON.stringify({ failure })}::jsonb)
    WHERE id = ${taskId} AND NOT closed
    RETURNING ended_at
  `.execute(db);
  const [row] = rows;
  if (row === undefined) return;
  await db
    .updateTable('task_workflow_leases')
    .set({ holder_id: null, expires_at: null, updated_at: sql<Date>`now()` })
    .where('task_id', '=', taskId)
    .execute();
  await sql`
    UPDATE runs SET status = 'failed', ended_at = now(), updated_at = now()
    WHERE task_id = ${taskId} AND status = 'running' AND metadata ->> 'kind' = 'workflow'
  `.execute(db);
  const data = { task_id: taskId, status: 'failed', at: row.ended_at.toISOString() } as const;
  await appendTaskEvents(db, [{ event: 'task.status', data }]);
}
