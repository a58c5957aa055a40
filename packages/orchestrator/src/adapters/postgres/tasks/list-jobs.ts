import type { JobStatus } from '@cynodeai/contracts/gateway';
import { type RawBuilder, sql } from 'kysely';
import type { JobRecord } from '../../../domain/tasks/task-record.ts';
import type { Executor } from '../database.ts';

/** A job as `jobsJson` gives it. */
export interface JobRow {
  readonly id: string;
  readonly status: JobStatus;
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

/** SQL: the jobs of a task in creation order as one JSON array, for a statement that reads something else beside them. */
export function jobsJson(taskId: RawBuilder<unknown>): RawBuilder<readonly JobRow[]> {
  return sql`(
    select coalesce(jsonb_agg(jsonb_build_object('id', j.id, 'status', j.status, 'result', j.result,
             'startedAt', j.started_at, 'endedAt', j.ended_at) order by j.created_at, j.id), '[]')
      from jobs j where j.task_id = ${taskId})`;
}

const dateOf = (text: string | null): Date | undefined =>
  text === null ? undefined : new Date(text);

export function jobOf(row: JobRow): JobRecord {
  return {
    id: row.id,
    status: row.status,
    result: row.result ?? undefined,
    startedAt: dateOf(row.startedAt),
    endedAt: dateOf(row.endedAt),
  };
}

/** The jobs of a task in creation order. */
export async function listJobs(db: Executor, taskId: string): Promise<readonly JobRecord[]> {
  const { rows } = await sql<{ readonly jobs: readonly JobRow[] }>`
    select ${jobsJson(sql`${taskId}`)} as jobs`.execute(db);
  return rows[0]?.jobs.map(jobOf) ?? [];
}
