import { sql } from 'kysely';
import type { Executor } from '../database.ts';

/** Serialises the numbering of one name of one creator until the transaction ends. */
export async function lockName(db: Executor, createdBy: string, name: string): Promise<void> {
  const key = `task-name:${createdBy}:${name}`;
  await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(db);
}

/** Which of the names the creator's tasks have. */
export async function takenNames(
  db: Executor,
  createdBy: string,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('tasks')
    .select('name')
    .where('created_by', '=', createdBy)
    .where('name', 'in', names)
    .execute();
  return new Set(rows.flatMap((row) => row.name ?? []));
}
