import { sql } from 'kysely';
import type { Executor } from '../database.ts';

/**
 * Locks tasks in the order of their ids, before any of their jobs: the lock order of
 * docs/reference/database.md#work-tables.
 */
export async function lockTasks(db: Executor, taskIds: readonly string[]): Promise<void> {
  await sql`
    SELECT id FROM tasks WHERE id = ANY(${[...new Set(taskIds)]}::uuid[])
    ORDER BY id FOR NO KEY UPDATE
  `.execute(db);
}
