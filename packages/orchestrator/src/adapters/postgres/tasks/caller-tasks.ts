import { type RawBuilder, sql } from 'kysely';
import { roleNames } from '../../../domain/identity/active-user.ts';
import { overseers } from '../../../domain/identity/task-access.ts';
import type { JobRecord, TaskRecord } from '../../../domain/tasks/task-record.ts';
import type { SessionRef } from '../../../ports/identity.ts';
import type {
  CallerTask,
  CallerTasks,
  TaskPageQuery,
  TaskReference,
} from '../../../ports/tasks.ts';
import type { Executor } from '../database.ts';
import { type CallerRow, callerSelect, sessionOf } from '../identity/find-session.ts';
import { type JobRow, jobOf, jobsJson } from './list-jobs.ts';
import { matches } from './find-task.ts';
import {
  type LookedTo,
  candidateColumns,
  isOwner,
  lookedToOf,
  mostOf,
  orderOf,
  pageOf,
  pageRest,
  positionOf,
} from './list-tasks.ts';
import { type TaskRow, taskColumns, taskOf } from './task-columns.ts';

/** A row of the caller with a task, or with none. */
type Row = CallerRow & (TaskRow | { readonly id: null });

function taskOfRow(row: Row | undefined): TaskRecord | undefined {
  return row === undefined || row.id === null ? undefined : taskOf(row);
}

async function find(
  db: Executor,
  session: SessionRef,
  now: Date,
  reference: TaskReference | undefined,
): Promise<CallerTask | undefined> {
  const wanted = reference === undefined ? sql`false` : matches(reference);
  const { rows } = await sql<Row>`
    with caller as (${callerSelect(session, now)})
    select caller.*, task.*
      from caller left join lateral (select ${taskColumns} from tasks t where ${wanted}) task on true`.execute(
    db,
  );
  const [row] = rows;
  return row && { actor: sessionOf(row, session), task: taskOfRow(row) };
}

async function findWithJobs(
  db: Executor,
  session: SessionRef,
  now: Date,
  reference: TaskReference | undefined,
): Promise<(CallerTask & { readonly jobs: readonly JobRecord[] }) | undefined> {
  const wanted = reference === undefined ? sql`false` : matches(reference);
  const { rows } = await sql<Row & { readonly jobs: readonly JobRow[] }>`
    with caller as (${callerSelect(session, now)})
    select caller.*, task.*, ${jobsJson(sql`task.id`)} as jobs
      from caller left join lateral (select ${taskColumns} from tasks t where ${wanted}) task on true`.execute(
    db,
  );
  const [row] = rows;
  return row && { actor: sessionOf(row, session), task: taskOfRow(row), jobs: row.jobs.map(jobOf) };
}

/**
 * Ids the caller's page is made of; every branch walks an index and stops at the limit, however many tasks there are.
 * Whoever oversees all tasks gets the first branch, everybody else the second.
 */
function readablePage(query: TaskPageQuery): RawBuilder<unknown> {
  const rest = pageRest(query);
  if (query.owner !== undefined) {
    return sql`
      select t.* from users u, scope
       cross join lateral (select ${candidateColumns} from tasks where created_by = u.id${rest}) t
       where ${isOwner(query.owner, sql`scope.user_id`)} and (scope.sees_all or u.id = scope.user_id)`;
  }
  return sql`
    (select ${candidateColumns} from tasks where (select sees_all from scope)${rest})
    union all
    (select * from (
       (select ${candidateColumns} from tasks
         where not (select sees_all from scope) and created_by = (select user_id from scope)${rest})
       union
       (select task.*
          from (select distinct project_id from scope, unnest(project_ids) as project_id where not sees_all) project
         cross join lateral (
           select ${candidateColumns} from tasks where tasks.project_id = project.project_id${rest}) task)
     ) readable${orderOf(query)} limit ${mostOf(query)})`;
}

async function list(
  db: Executor,
  session: SessionRef,
  now: Date,
  query: TaskPageQuery,
): Promise<Awaited<ReturnType<CallerTasks['list']>>> {
  const candidates = readablePage(query);
  const { rows } = await sql<Row & { readonly looked_to: LookedTo | null }>`
    with caller as (${callerSelect(session, now)}),
    held as (
      select r.name, r.project_id
        from caller, jsonb_to_recordset(caller.roles) as r (name text, project_id uuid)
       where r.name = any(${[...roleNames]}::text[])),
    scope as (
      select user_id,
             exists (select from held where project_id is null and name = any(${[...overseers]}::text[])) as sees_all,
             array(select project_id from held where project_id is not null) || default_project_id as project_ids
        from caller),
    page as (${pageOf(query, candidates)}),
    ended as (select ${lookedToOf(query, candidates)} as looked_to)
    select caller.*, task.*, ended.looked_to
      from caller cross join ended left join lateral (
        select ${taskColumns} from page join tasks t on t.id = page.id) task on true
    ${orderOf(query, 'task.')}`.execute(db);
  const [row] = rows;
  return (
    row && {
      actor: sessionOf(row, session),
      tasks: rows.flatMap((one) => taskOfRow(one) ?? []),
      lookedTo: positionOf(row.looked_to),
    }
  );
}

/** Callers and their tasks in PostgreSQL, one round trip each. */
export function postgresCallerTasks(db: Executor): CallerTasks {
  return {
    find: (session, now, reference) => find(db, session, now, reference),
    findWithJobs: (session, now, reference) => findWithJobs(db, session, now, reference),
    list: (session, now, query) => list(db, session, now, query),
  };
}
