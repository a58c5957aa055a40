import { type Kysely, type Transaction, sql } from 'kysely';
import { type BothStreams, type LogPiece, withoutFirst } from '../../../domain/jobs/end-events.ts';
import { type JobOfTask, type NewTaskEvent, logEvents } from '../../../domain/jobs/job-events.ts';
import type { LiveOutput, UnsureFrom } from '../../../ports/live-output.ts';
import type { Executor } from '../database.ts';
import { appendTaskEvents } from '../task-events.ts';
import type { Database } from '../tables.ts';
import { lockTasks } from './lock-tasks.ts';

async function readTold(db: Executor, { taskId, jobId }: JobOfTask): Promise<BothStreams<string>> {
  const { rows } = await sql<{ stream: string; text: string }>`
    SELECT data ->> 'stream' AS stream, data ->> 'text' AS text FROM task_events
    WHERE task_id = ${taskId}::uuid AND job_id = ${jobId}::uuid AND event = 'job.log'
      AND seq > coalesce(
        (SELECT (payload -> 'dispatch' ->> 'told_from')::bigint FROM jobs WHERE id = ${jobId}::uuid), 0)
    ORDER BY seq
  `.execute(db);
  const of = (name: string): string =>
    rows.map(({ stream, text }) => (stream === name ? text : '')).join('');
  return { stdout: of('stdout'), stderr: of('stderr') };
}

/**
 * What of these pieces was not told yet. The caller holds the lock of the task: whoever told some of them and did not
 * hear of it held it too, so that by now they are there or never will be.
 */
export async function untold(
  trx: Transaction<Database>,
  job: JobOfTask,
  pieces: readonly LogPiece[],
  unsureFrom: UnsureFrom | undefined,
): Promise<readonly LogPiece[]> {
  if (unsureFrom === undefined) return pieces;
  const { stdout, stderr } = await readTold(trx, job);
  return withoutFirst(pieces, {
    stdout: stdout.length - unsureFrom.stdout,
    stderr: stderr.length - unsureFrom.stderr,
  });
}

/** Events of running jobs in PostgreSQL, guarded by their leases; one transaction for all the news of a moment. */
export function postgresLiveOutput(db: Kysely<Database>): LiveOutput {
  return {
    tell: (news) =>
      db.transaction().execute(async (trx) => {
        await lockTasks(
          trx,
          news.map(({ lease }) => lease.taskId),
        );
        const leases = JSON.stringify(
          news.map(({ lease }) => ({ id: lease.jobId, lease_id: lease.leaseId })),
        );
        const { rows } = await sql<{ id: string }>`
          SELECT j.id FROM jobs j
          JOIN jsonb_to_recordset(${leases}::jsonb) AS l (id uuid, lease_id uuid)
            ON l.id = j.id AND l.lease_id = j.lease_id
          WHERE j.status = 'running'
        `.execute(trx);
        const current = new Set(rows.map(({ id }) => id));
        const events: NewTaskEvent[] = [];
        for (const { lease, pieces, unsureFrom } of news) {
          if (!current.has(lease.jobId)) continue;
          events.push(...logEvents(lease, await untold(trx, lease, pieces, unsureFrom)));
        }
        await appendTaskEvents(trx, events);
        return current;
      }),
    told: (job) => readTold(db, job),
  };
}
