import type { AgentTask } from '@cynodeai/contracts/mcp';
import { type RawBuilder, type Transaction, sql } from 'kysely';
import type { PagePosition } from '../../../domain/tasks/page-cursor.ts';
import type { StoredTaskStatus } from '../../../domain/tasks/task-status.ts';
import type { AgentTaskQuery, AgentTaskReader } from '../../../ports/agent-views.ts';
import type { AgentTaskWriter, TaskChange } from '../../../ports/tool-effects.ts';
import type { Executor } from '../database.ts';
import { channels, notify } from '../notifications.ts';
import type { Database } from '../tables.ts';
import { endTask, laterThanBefore } from '../tasks/cancel-task.ts';
import { appendTaskEvents } from '../task-events.ts';
import { apiTaskStatus } from '../../../domain/tasks/task-status.ts';

interface Row {
  readonly id: string;
  readonly name: string | null;
  readonly status: StoredTaskStatus;
  readonly closed: boolean;
  readonly project_id: string | null;
  readonly created_by: string;
  readonly input_mode: AgentTask['input_mode'];
  readonly prompt: string | null;
  readonly description: string | null;
  readonly acceptance_criteria: readonly string[] | null;
  readonly summary: string | null;
  readonly metadata: Record<string, unknown> | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const columns = sql`id, name, status, closed, project_id, created_by, input_mode, prompt, description,
  acceptance_criteria, summary, metadata, created_at, updated_at`;

function taskOf({ name, created_at: createdAt, updated_at: updatedAt, ...row }: Row): AgentTask {
  return {
    ...row,
    task_name: name,
    acceptance_criteria: [...(row.acceptance_criteria ?? [])],
    metadata: row.metadata ?? {},
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}

const isTaken = (error: unknown): boolean =>
  error instanceof Error && Reflect.get(error, 'constraint') === 'tasks_created_by_name_key';

async function find(db: Executor, taskId: string, lock = sql``): Promise<AgentTask | undefined> {
  const { rows } = await sql<Row>`
    select ${columns} from tasks where id = ${taskId}::uuid ${lock}`.execute(db);
  return rows[0] && taskOf(rows[0]);
}

/** The task after a change under its lock. */
async function found(db: Executor, taskId: string): Promise<AgentTask> {
  const task = await find(db, taskId);
  if (task === undefined) throw new Error('a locked task is gone');
  return task;
}

async function change(
  trx: Transaction<Database>,
  taskId: string,
  { name, description, acceptanceCriteria, summary, metadataPatch }: TaskChange,
  at: Date,
): Promise<AgentTask | 'name_taken'> {
  const criteria = acceptanceCriteria && JSON.stringify(acceptanceCriteria);
  await sql`savepoint naming`.execute(trx);
  try {
    await sql`
      update tasks set updated_at = ${laterThanBefore(at)},
             name = coalesce(${name ?? null}, name), description = coalesce(${description ?? null}, description),
             acceptance_criteria = coalesce(${criteria ?? null}::jsonb, acceptance_criteria),
             summary = coalesce(${summary ?? null}, summary),
             metadata = coalesce(metadata, '{}') || ${JSON.stringify(metadataPatch ?? {})}::jsonb
       where id = ${taskId}::uuid`.execute(trx);
  } catch (error) {
    if (!isTaken(error)) throw error;
    await sql`rollback to savepoint naming`.execute(trx);
    return 'name_taken';
  }
  return found(trx, taskId);
}

async function move(
  trx: Transaction<Database>,
  taskId: string,
  status: StoredTaskStatus,
  at: Date,
): Promise<AgentTask> {
  if (status === 'pending' || status === 'running') {
    await sql`
      update tasks set status = ${status}, updated_at = ${laterThanBefore(at)}
       where id = ${taskId}::uuid`.execute(trx);
    const data = { task_id: taskId, status: apiTaskStatus(status), at: at.toISOString() };
    await appendTaskEvents(trx, [{ event: 'task.status', data }]);
  } else {
    await endTask(trx, taskId, status, at);
  }
  return found(trx, taskId);
}

async function askForWorkflow(
  trx: Transaction<Database>,
  taskId: string,
  at: Date,
): Promise<'requested' | 'already_running'> {
  const { rows } = await sql`
    select 1 from task_workflow_leases
     where task_id = ${taskId}::uuid and holder_id is not null and expires_at > clock_timestamp()`.execute(
    trx,
  );
  if (rows.length > 0) return 'already_running';
  const asked = JSON.stringify({ requested_at: at.toISOString(), trigger: 'pm_request' });
  await sql`
    update tasks set updated_at = ${laterThanBefore(at)}, metadata = coalesce(metadata, '{}')
           || jsonb_build_object('workflow', coalesce(metadata -> 'workflow', '{}') || ${asked}::jsonb)
     where id = ${taskId}::uuid and metadata -> 'workflow' ->> 'requested_at' is null`.execute(trx);
  await notify(trx, channels.workflows, taskId);
  return 'requested';
}

/** Tasks as agents change them. */
export function postgresAgentTaskWriter(trx: Transaction<Database>): AgentTaskWriter {
  return {
    lock: (taskId) => find(trx, taskId, sql`for no key update`),
    change: (taskId, changes, at) => change(trx, taskId, changes, at),
    move: (taskId, status, at) => move(trx, taskId, status, at),
    askForWorkflow: (taskId, at) => askForWorkflow(trx, taskId, at),
  };
}

const behind = (after: PagePosition | undefined): RawBuilder<unknown> =>
  after === undefined
    ? sql`true`
    : sql`(created_at, id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`;

async function list(
  db: Executor,
  { visible, status, projectId, after, limit }: AgentTaskQuery,
): Promise<readonly AgentTask[]> {
  const isSeen =
    visible === 'all'
      ? sql`true`
      : sql`(created_by = ${visible.userId}::uuid or project_id = any(${[...visible.projectIds]}::uuid[]))`;
  const { rows } = await sql<Row>`
    select ${columns} from tasks
     where ${isSeen} and ${behind(after)}
       and (${status ?? null}::text is null or status = ${status ?? null})
       and (${projectId ?? null}::uuid is null or project_id = ${projectId ?? null}::uuid)
     order by created_at desc, id desc limit ${limit}`.execute(db);
  return rows.map(taskOf);
}

/** Tasks as agents read them. */
export function postgresAgentTaskReader(db: Executor): AgentTaskReader {
  return {
    find: (taskId) => find(db, taskId),
    list: (query) => list(db, query),
  };
}
