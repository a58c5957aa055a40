import { type RawBuilder, sql } from 'kysely';
import type { PagePosition } from '../../../domain/tasks/page-cursor.ts';
import type {
  ProjectTasksQuery,
  TaskOwner,
  TaskPage,
  TaskPageQuery,
} from '../../../ports/tasks.ts';
import type { Executor } from '../database.ts';
import { type TaskRow, taskColumns, taskOf } from './task-columns.ts';

/**
 * How many tasks one page looks through for what no index finds, in the order of the page; a short page goes on from
 * there. It bounds a search for something rare among millions.
 */
export const lookedThrough = 5000;

/** The end of a list, as JSON has it. */
export interface LookedTo {
  readonly id: string;
  readonly createdAt: string;
}

const conditions = (parts: readonly (RawBuilder<unknown> | false | undefined)[]) =>
  parts.flatMap((part) => (part ? [part] : []));

const and = (parts: readonly RawBuilder<unknown>[]): RawBuilder<unknown> =>
  sql.join(
    parts.map((part) => sql` and ${part}`),
    sql``,
  );

/** Columns of a candidate: what it is found, ordered and looked up by. */
export const candidateColumns: RawBuilder<unknown> = sql`id, created_at, created_by, name, status`;

/** What a page asks for that is looked up candidate by candidate, `c`. */
function searched({ status, name, text, node }: TaskPageQuery): readonly RawBuilder<unknown>[] {
  return conditions([
    status !== undefined && sql`c.status = ${status}`,
    name !== undefined && sql`c.name = ${name}`,
    text !== undefined && sql`strpos(c.name, ${text}) > 0`,
    node !== undefined &&
      sql`exists (select from jobs j join nodes n on n.id = j.node_id
                   where j.task_id = c.id and (n.node_slug = ${node} or n.id::text = ${node}))`,
  ]);
}

/** SQL: whether a user `u` is the owner that is asked for. @param caller SQL of the caller's id */
export function isOwner(owner: TaskOwner, caller: RawBuilder<unknown>): RawBuilder<unknown> {
  if (owner.by === 'caller') return sql`u.id = ${caller}`;
  return owner.by === 'id'
    ? sql`u.id = ${owner.id}::uuid`
    : sql`lower(u.handle) = lower(${owner.handle})`;
}

export function orderOf({ oldestFirst }: TaskPageQuery, table = ''): RawBuilder<unknown> {
  const direction = sql.raw(oldestFirst === true ? 'asc' : 'desc');
  const [at, id] = [sql.raw(`${table}created_at`), sql.raw(`${table}id`)];
  return sql` order by ${at} ${direction}, ${id} ${direction}`;
}

/** How many of a branch may be needed for the page. */
export function mostOf(query: TaskPageQuery): number {
  return searched(query).length === 0 ? query.limit : lookedThrough;
}

/**
 * The rest of a query over `tasks` in every branch of a page: what an index finds, in order, and no more than may be
 * needed.
 */
export function pageRest(query: TaskPageQuery): RawBuilder<unknown> {
  const { since, until, after, oldestFirst } = query;
  const beyond = sql.raw(oldestFirst === true ? '>' : '<');
  const all = conditions([
    since && sql`created_at >= ${since}::timestamptz`,
    until && sql`created_at < ${until}::timestamptz`,
    after && sql`(created_at, id) ${beyond} (${after.createdAt}::timestamptz, ${after.id}::uuid)`,
  ]);
  return sql`${and(all)}${orderOf(query)} limit ${mostOf(query)}`;
}

/** SQL: ids and moments of the page out of candidates that are in the reach of `pageRest`. */
export function pageOf(query: TaskPageQuery, candidates: RawBuilder<unknown>): RawBuilder<unknown> {
  const within = sql`select c.* from (${candidates}) c${orderOf(query, 'c.')} limit ${mostOf(query)}`;
  // Looked up in the order they come in, so that a full page ends the search.
  return sql`
    select c.id, c.created_at from (${within}) c
     where true${and(searched(query))}${orderOf(query, 'c.')} limit ${query.limit}`;
}

/** SQL: the last candidate that was looked at, where the page `page` is not full and there may be more. */
export function lookedToOf(
  query: TaskPageQuery,
  candidates: RawBuilder<unknown>,
): RawBuilder<LookedTo | null> {
  if (searched(query).length === 0) return sql`null::jsonb`;
  return sql`case when (select count(*) from page) < ${query.limit} then (
    select jsonb_build_object('id', c.id, 'createdAt', c.created_at)
      from (${candidates}) c${orderOf(query, 'c.')} offset ${lookedThrough - 1} limit 1) end`;
}

export function positionOf(end: LookedTo | null | undefined): PagePosition | undefined {
  return end ? { id: end.id, createdAt: new Date(end.createdAt) } : undefined;
}

/** Tasks of a project. See docs/reference/tasks-and-jobs.md#read-a-task. */
export async function listTasks(db: Executor, query: ProjectTasksQuery): Promise<TaskPage> {
  const { projectId, userId } = query;
  const tasks = (also: RawBuilder<unknown>): RawBuilder<unknown> =>
    sql`select ${candidateColumns} from tasks where project_id = ${projectId}${also}${pageRest(query)}`;
  const candidates =
    query.owner === undefined
      ? tasks(sql``)
      : sql`select t.* from users u cross join lateral (${tasks(sql` and created_by = u.id`)}) t
             where ${isOwner(query.owner, sql`${userId}::uuid`)}`;
  const { rows } = await sql<
    (TaskRow | { readonly id: null }) & { readonly looked_to: LookedTo | null }
  >`
    with page as (${pageOf(query, candidates)}),
    ended as (select ${lookedToOf(query, candidates)} as looked_to)
    select ended.looked_to, task.*
      from ended left join lateral (
        select ${taskColumns} from page join tasks t on t.id = page.id) task on true
    ${orderOf(query, 'task.')}`.execute(db);
  return {
    tasks: rows.flatMap((row) => (row.id === null ? [] : taskOf(row))),
    lookedTo: positionOf(rows[0]?.looked_to),
  };
}
