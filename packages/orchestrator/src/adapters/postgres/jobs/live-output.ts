import { type Kysely, sql } from 'kysely';
import { logEvents } from '../../../domain/jobs/job-events.ts';
import type { LiveOutput } from '../../../ports/live-output.ts';
import { appendTaskEvents } from '../task-events.ts';
import type { Database } from '../tables.ts';
import { lockTasks } from './lock-tasks.ts';

/** Events of running jobs in PostgreSQL, guarded by their leases. */
export function postgresLiveOutput(db: Kysely<Database>): LiveOutput {
  return {
    tell: (lease, pieces) =>
      db.transaction().execute(async (trx) => {
        await lockTasks(trx, [lease.taskId]);
        const { rows } = await sql`
          SELECT id FROM jobs WHERE id = ${lease.jobId}::uuid AND status = 'running'
            AND lease_id = ${lease.leaseId}::uuid
        `.execute(trx);
        if (rows.length === 0) return false;
        await appendTaskEvents(trx, logEvents(lease, pieces));
        return true;
      }),
  };
}
