import { type RawBuilder, sql } from 'kysely';
import type { DispatchChange } from '../../../domain/jobs/dispatch-change.ts';

/** One more of what the note counts under this name. */
const counted = (name: 'free_attempts' | 'node_deaths' | 'broken_calls'): RawBuilder<unknown> =>
  sql`|| jsonb_build_object(${name}::text,
    coalesce((payload -> 'dispatch' ->> ${name}::text)::int, 0) + 1)`;

/**
 * SQL: the note that a run begins now, of a row of `jobs`. See docs/reference/tasks-and-jobs.md#events.
 * @param taskId SQL of its task's id
 */
export const runBegins = (taskId: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`jsonb_build_object('told_from', coalesce(
    (SELECT max(e.seq) FROM task_events e WHERE e.task_id = ${taskId}), 0))`;

/** SQL: `payload` of a job with its dispatch note changed, whatever somebody else noted before. */
export function changedPayload({
  note,
  freeAttempts,
  nodeDeath,
  brokenCall,
  newRun,
  refusedBy,
}: DispatchChange): RawBuilder<unknown> {
  const refused = sql`|| jsonb_build_object('refused_by',
    coalesce(payload -> 'dispatch' -> 'refused_by', '[]') || ${JSON.stringify([refusedBy])}::jsonb)`;
  return sql`payload || jsonb_build_object('dispatch',
    coalesce(payload -> 'dispatch', '{}') || ${JSON.stringify(note)}::jsonb
    ${freeAttempts === 0 ? sql`` : counted('free_attempts')}
    ${nodeDeath === undefined ? sql`` : counted('node_deaths')}
    ${brokenCall === undefined ? sql`` : counted('broken_calls')}
    ${newRun === undefined ? sql`` : sql`|| ${runBegins(sql`jobs.task_id`)}`}
    ${refusedBy === undefined ? sql`` : refused})`;
}
