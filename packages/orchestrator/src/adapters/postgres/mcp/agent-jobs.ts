import type { AgentJob } from '@cynodeai/contracts/mcp';
import { type Transaction, sql } from 'kysely';
import type { PagePosition } from '../../../domain/tasks/page-cursor.ts';
import type { AgentJobReader } from '../../../ports/agent-views.ts';
import type { AgentJobWriter } from '../../../ports/tool-effects.ts';
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

/** Jobs as agents change them. The lock order is the task, then its jobs. */
export function postgresAgentJobWriter(trx: Transaction<Database>): AgentJobWriter {
  return {
    lock: async (jobId) => {
      const job = await find(trx, jobId);
      if (job === undefined) return undefined;
      await lockTasks(trx, [job.task_id]);
      await sql`select id from jobs where id = ${jobId}::uuid for no key update`.execute(trx);
      return find(trx, jobId);
    },
    move: async (job, status, at) => {
      const ended = status === 'canceled' ? at : null;
      const { rows } = await sql<Row>`
        update jobs set status = ${status}, ended_at = coalesce(${ended}::timestamptz, ended_at), updated_at = ${at},
               lease_id = case when ${status} = 'queued' then null else lease_id end
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
