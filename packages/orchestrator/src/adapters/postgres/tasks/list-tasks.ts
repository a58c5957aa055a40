import { type RawBuilder, sql } from 'kysely';
import type { PagePosition } from '../../../domain/tasks/page-cursor.ts';
import type { ProjectTasksQuery, TaskPage, TaskPageQuery } from '../../../ports/tasks.ts';
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

/** What a page asks for that is looked up task by task, of a task `t`. */
function searched({ status, name, text, node }: TaskPageQuery): readonly RawBuilder<unknown>[] {
  return conditions([
    status !== undefined && sql`t.status = ${status}`,
    name !== undefined && sql`t.name = ${name}`,
    text !== undefined && sql`strpos(t.name, ${text}) > 0`,
    node !== undefined &&
      sql`exists (select from jobs j join nodes n on n.id = j.node_id
                   where j.task_id = t.id and (n.node_slug = ${node} or n.id::text = ${node}))`,
  ]);
}

function ownedBy({ owner }: TaskPageQuery, caller: RawBuilder<unknown>) {
  if (owner === undefined) return undefined;
  if (owner.by === 'caller') return sql`created_by = ${caller}`;
  if (owner.by === 'id') return sql`created_by = ${owner.id}::uuid`;
  return sql`created_by = (select u.id from users u where lower(u.handle) = lower(${owner.handle}))`;
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
 * needed. @param caller SQL of the caller's id
 */
export function pageRest(query: TaskPageQuery, caller: RawBuilder<unknown>): RawBuilder<unknown> {
  const { since, until, after, oldestFirst } = query;
  const beyond = sql.raw(oldestFirst === true ? '>' : '<');
  const all = conditions([
    ownedBy(query, caller),
    since && sql`created_at >= ${since}::timestamptz`,
    until && sql`created_at < ${until}::timestamptz`,
    after && sql`(created_at, id) ${beyond} (${after.createdAt}::timestamptz, ${after.id}::uuid)`,
  ]);
  return sql`${and(all)}${orderOf(query)} limit ${mostOf(query)}`;
}

/** SQL: ids and moments of the page out of candidates that are in the reach of `pageRest`. */
export function pageOf(query: TaskPageQuery, candidates: RawBuilder<unknown>): RawBuilder<unknown> {
  const within = sql`select c.id, c.created_at from (${candidates}) c${orderOf(query, 'c.')} limit ${mostOf(query)}`;
  const wanted = searched(query);
  if (wanted.length === 0) return within;
  return sql`
    select t.id, t.created_at from (${within}) c join tasks t on t.id = c.id
     where true${and(wanted)}${orderOf(query, 't.')} limit ${query.limit}`;
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
  const candidates = sql`
    select id, created_at from tasks where project_id = ${projectId}${pageRest(query, sql`${userId}::uuid`)}`;
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
