import type { AgentJob } from '@cynodeai/contracts/mcp';
import { type Transaction, sql } from 'kysely';
import type { PagePosition } from '../../../domain/tasks/page-cursor.ts';
import type { AgentJobReader } from '../../../ports/agent-views.ts';
import type { AgentJobWriter, NewAgentJob } from '../../../ports/tool-effects.ts';
import type { TaskFileNow } from '../../../domain/mcp/agent-job.ts';
import { queuedEvents } from '../../../domain/jobs/job-events.ts';
import { readWorkflowSettings } from '../workflow/workflow-settings.ts';
import type { Executor } from '../database.ts';
import { lockTasks } from '../jobs/lock-tasks.ts';
import { channels, notify } from '../notifications.ts';
import { appendTaskEvents } from '../task-events.ts';
import type { Database } from '../tables.ts';

interface Row {
  readonly id: string;
  readonly task_id: string;
  readonly node_id: string | null;
  readonly status: AgentJob['status'];
  readonly payload: Record<string, unknown> | null;
  readonly result: Record<string, unknown> | null;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const columns = sql`id, task_id, node_id, status, payload, result, started_at, ended_at, created_at, updated_at`;
const withoutOutput = sql`id, task_id, node_id, status, null::jsonb as payload, null::jsonb as result, started_at,
  ended_at, created_at, updated_at`;

function jobOf(row: Row): AgentJob {
  return {
    ...row,
    started_at: row.started_at?.toISOString() ?? null,
    ended_at: row.ended_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

async function find(db: Executor, jobId: string): Promise<AgentJob | undefined> {
  const { rows } = await sql<Row>`select ${columns} from jobs where id = ${jobId}::uuid`.execute(
    db,
  );
  return rows[0] && jobOf(rows[0]);
}

/** What of a job's payload its maker did not ask for. */
const notAsked = ['dispatch', 'input_files'];

/** SQL: rows behind a position, oldest first. */
export const oldestBehind = (after: PagePosition | undefined) =>
  after === undefined
    ? sql`true`
    : sql`(created_at, id) > (${after.createdAt}::timestamptz, ${after.id}::uuid)`;

/** Jobs as agents read them. */
export function postgresAgentJobReader(db: Executor): AgentJobReader {
  return {
    find: (jobId) => find(db, jobId),
    list: async ({ taskId, status, after, limit }) => {
      const { rows } = await sql<Row>`
        select ${withoutOutput} from jobs
         where task_id = ${taskId}::uuid and ${oldestBehind(after)}
           and (${status ?? null}::text is null or status = ${status ?? null})
         order by created_at, id limit ${limit}`.execute(db);
      return rows.map(jobOf);
    },
  };
}

/** The files of a task, newest first. */
async function files(db: Executor, taskId: string): Promise<readonly TaskFileNow[]> {
  const { rows } = await sql<TaskFileNow & { readonly sizeBytes: string }>`
    select id as "artifactId", path, coalesce(size_bytes, 0) as "sizeBytes" from task_artifacts
     where task_id = ${taskId}::uuid order by updated_at desc, path`.execute(db);
  return rows.map((row) => ({ ...row, sizeBytes: Number(row.sizeBytes) }));
}

async function create(
  trx: Transaction<Database>,
  { taskId, jobId, payload, at }: NewAgentJob,
): Promise<void> {
  await sql`
    insert into jobs (id, task_id, payload, created_at, updated_at)
    values (${jobId}::uuid, ${taskId}::uuid, ${JSON.stringify(payload)}::jsonb, ${at}, ${at})`.execute(
    trx,
  );
  await appendTaskEvents(trx, queuedEvents([{ taskId, jobId }], at));
  await notify(trx, channels.jobs);
}

/** SQL: `payload` of a job with more in its dispatch note. */
const noted = (note: string) => sql`coalesce(payload, '{}')
  || jsonb_build_object('dispatch', coalesce(payload -> 'dispatch', '{}') || ${note}::jsonb)`;

/** Jobs as agents change them. The lock order is the task, then its jobs. */
export function postgresAgentJobWriter(trx: Transaction<Database>): AgentJobWriter {
  return {
    room: async (taskId) => {
      const { rows } = await sql<{ readonly had: number }>`
        select count(*)::int as had from jobs where task_id = ${taskId}::uuid`.execute(trx);
      const { maxJobs: most } = await readWorkflowSettings(trx);
      return { had: rows[0]?.had ?? 0, most };
    },
    files: (taskId) => files(trx, taskId),
    known: async ({ taskId, jobId, payload }) => {
      const wanted = JSON.stringify(payload);
      const { rows } = await sql<{ readonly status: AgentJob['status']; readonly isSame: boolean }>`
        select status, task_id = ${taskId}::uuid
               and payload - ${notAsked}::text[] = ${wanted}::jsonb - ${notAsked}::text[] as "isSame"
          from jobs where id = ${jobId}::uuid`.execute(trx);
      return rows[0];
    },
    create: (job) => create(trx, job),
    lock: async (jobId) => {
      const job = await find(trx, jobId);
      if (job === undefined) return undefined;
      await lockTasks(trx, [job.task_id]);
      await sql`select id from jobs where id = ${jobId}::uuid for no key update`.execute(trx);
      return find(trx, jobId);
    },
    move: async (job, status, at, reason) => {
      const why = JSON.stringify({ cancel_reason: reason });
      const ended = status === 'canceled' ? at : null;
      const { rows } = await sql<Row>`
        update jobs set status = ${status}, ended_at = coalesce(${ended}::timestamptz, ended_at), updated_at = ${at},
               lease_id = case when ${status} = 'queued' then null else lease_id end,
               payload = ${reason === undefined ? sql`payload` : noted(why)}
         where id = ${job.id}::uuid returning ${columns}`.execute(trx);
      const [row] = rows;
      if (row === undefined) throw new Error('a locked job is gone');
      const data = { task_id: job.task_id, job_id: job.id, status, at: at.toISOString() };
      await appendTaskEvents(trx, [{ event: 'job.status', data }]);
      await notify(trx, channels.jobs, status === 'canceled' ? job.id : '');
      return jobOf(row);
    },
  };
}
