import type { Transaction } from 'kysely';
import type { NewJob } from '../../../ports/tasks.ts';
import { channels, notify } from '../notifications.ts';
import type { Database } from '../tables.ts';
import { appendTaskEvents } from '../task-events.ts';

/** A task's first job: its row, the first events of both, and a word to the dispatchers. */
export async function insertFirstJob(db: Transaction<Database>, job: NewJob): Promise<void> {
  const { taskId, at } = job;
  const seen = { task_id: taskId, status: 'queued', at: at.toISOString() } as const;
  await db
    .insertInto('jobs')
    .values({
      id: job.id,
      task_id: taskId,
      payload: JSON.stringify(job.payload),
      created_at: at,
      updated_at: at,
    })
    .execute();
  await appendTaskEvents(db, [
    { event: 'task.status', data: seen },
    { event: 'job.status', data: { ...seen, job_id: job.id } },
  ]);
  await notify(db, channels.jobs);
}
