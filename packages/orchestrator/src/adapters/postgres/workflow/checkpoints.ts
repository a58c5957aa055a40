import { type Transaction, sql } from 'kysely';
import type { Checkpoint } from '../../../domain/workflow/story-events.ts';
import type { Database } from '../tables.ts';

export async function readCheckpoint(
  db: Transaction<Database>,
  taskId: string,
): Promise<(Checkpoint & { readonly updatedAt: Date }) | undefined> {
  const row = await db
    .selectFrom('workflow_checkpoints')
    .select(['state', 'last_node_id', 'updated_at'])
    .where('task_id', '=', taskId)
    .executeTakeFirst();
  return row && { state: row.state, lastNodeId: row.last_node_id, updatedAt: row.updated_at };
}

/** The caller holds the task's lock. */
export async function saveCheckpoint(
  db: Transaction<Database>,
  taskId: string,
  { state, lastNodeId }: Checkpoint,
): Promise<boolean> {
  const { rows } = await sql<{ readonly is_new: boolean }>`
    WITH before AS (SELECT state, last_node_id FROM workflow_checkpoints WHERE task_id = ${taskId}),
    saved AS (
      INSERT INTO workflow_checkpoints (task_id, state, last_node_id)
      VALUES (${taskId}, ${JSON.stringify(state)}::jsonb, ${lastNodeId})
      ON CONFLICT (task_id) DO UPDATE SET state = excluded.state,
        last_node_id = excluded.last_node_id, updated_at = now()
      RETURNING state, last_node_id)
    SELECT (b.state, b.last_node_id) IS DISTINCT FROM (s.state, s.last_node_id) AS is_new
    FROM saved s LEFT JOIN before b ON true
  `.execute(db);
  return rows[0]?.is_new === true;
}
