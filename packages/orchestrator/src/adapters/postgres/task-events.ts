import { type TaskEvent, type TaskEventName, taskEventSchemas } from '@cynodeai/contracts/gateway';
import { storableText } from '@cynodeai/runtime/std';
import { type RawBuilder, type Transaction, sql } from 'kysely';
import type { NewTaskEvent } from '../../domain/jobs/job-events.ts';
import type { Executor } from './database.ts';
import { channels } from './notifications.ts';
import type { Database } from './tables.ts';

/**
 * SQL that adds events to their tasks' streams, in the given order; `where` chooses among them as
 * `e`. The caller holds the row lock of each task already, taken before anything of the task was
 * changed: only then follow the numbers of one task the order of the commits, so that a reader
 * never misses a lower one. U+0000 and lone surrogates become U+FFFD.
 * See docs/reference/database.md#work-tables.
 */
export function taskEventsInsert(
  events: readonly NewTaskEvent[],
  where: RawBuilder<unknown> = sql`true`,
): RawBuilder<unknown> {
  const rows = events.map(({ event, data }) => ({
    task_id: data.task_id,
    job_id: 'job_id' in data ? data.job_id : null,
    event,
    data,
  }));
  const input = JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'string' ? storableText(value) : value,
  );
  return sql`
    INSERT INTO task_events (task_id, job_id, event, data)
    SELECT e.task_id, e.job_id, e.event, e.data
    FROM ROWS FROM (jsonb_to_recordset(${input}::jsonb)
      AS (task_id uuid, job_id uuid, event text, data jsonb)) WITH ORDINALITY
      AS e (task_id, job_id, event, data, position)
    WHERE ${where}
    ORDER BY e.position`;
}

/** SQL that wakes, at the commit, whoever waits for the tasks of these events. */
export function taskWaitersWake(events: readonly NewTaskEvent[]): RawBuilder<unknown> {
  const taskIds = [...new Set(events.map((event) => event.data.task_id))];
  return sql`SELECT pg_notify(${channels.tasks}, task_id) FROM unnest(${taskIds}::text[]) AS task_id`;
}

/** Adds events and wakes whoever waits for their tasks, in one statement; for the locks see `taskEventsInsert`. */
export async function appendTaskEvents(
  trx: Transaction<Database>,
  events: readonly NewTaskEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await sql`WITH added AS (${taskEventsInsert(events)}) ${taskWaitersWake(events)}`.execute(trx);
}

function isKnown(event: string): event is TaskEventName {
  return event in taskEventSchemas;
}

/**
 * The events of a task after number `afterSeq` (0 = from the first kept), in order, at most
 * `limit`. See docs/reference/tasks-and-jobs.md#events.
 */
export async function readTaskEvents(
  db: Executor,
  taskId: string,
  afterSeq: number,
  limit: number,
): Promise<TaskEvent[]> {
  const rows = await db
    .selectFrom('task_events')
    .select(['seq', 'event', 'data'])
    .where('task_id', '=', taskId)
    .where('seq', '>', afterSeq)
    .where('event', 'in', Object.keys(taskEventSchemas).filter(isKnown))
    .orderBy('seq')
    .limit(limit)
    .execute();
  // Only `appendTaskEvents` writes here, so event and data belong together.
  return rows.map(({ seq, event, data }) => ({ id: String(seq), event, data }) as TaskEvent);
}

/**
 * Number to read on from for a client that names the last event it saw: that event's, or 0 (the
 * first kept) when it is not one of this task's, or was pruned.
 * See docs/reference/tasks-and-jobs.md#events.
 */
export async function resumeAfter(
  db: Executor,
  taskId: string,
  lastEventId: string | undefined,
): Promise<number> {
  if (lastEventId === undefined || !/^\d{1,15}$/.test(lastEventId)) return 0;
  const row = await db
    .selectFrom('task_events')
    .select('seq')
    .where('task_id', '=', taskId)
    .where('seq', '=', Number(lastEventId))
    .executeTakeFirst();
  return row?.seq ?? 0;
}
