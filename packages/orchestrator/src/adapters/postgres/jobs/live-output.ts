import { type Kysely, sql } from 'kysely';
import { logEvents } from '../../../domain/jobs/job-events.ts';
import type { LiveOutput } from '../../../ports/live-output.ts';
import { appendTaskEvents } from '../task-events.ts';
import type { Database } from '../tables.ts';
import { lockTasks } from './lock-tasks.ts';

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
        await appendTaskEvents(
          trx,
          news
            .filter(({ lease }) => current.has(lease.jobId))
            .flatMap(({ lease, pieces }) => logEvents(lease, pieces)),
        );
        return current;
      }),
    told: async ({ taskId, jobId }) => {
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
    },
  };
}
