import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { appendTaskEvents } from '../../../src/adapters/postgres/task-events.ts';
import type { TestGateway } from './gateway.ts';

/** Does to the rows of a task what a dispatcher does when it claims the first job. */
export async function startJob(gateway: TestGateway, taskId: string): Promise<string> {
  return gateway.db.transaction().execute(async (trx) => {
    const at = new Date();
    await sql`update tasks set status = 'running', updated_at = ${at} where id = ${taskId}`.execute(
      trx,
    );
    const { rows } = await sql<{ readonly id: string }>`
      update jobs set status = 'running', lease_id = ${randomUUID()}, started_at = ${at}, updated_at = ${at},
             lease_expires_at = ${at}::timestamptz + interval '60 s'
       where task_id = ${taskId} and status = 'queued' returning id`.execute(trx);
    const jobId = rows[0]?.id ?? '';
    const seen = { task_id: taskId, status: 'running', at: at.toISOString() } as const;
    await appendTaskEvents(trx, [
      { event: 'task.status', data: seen },
      { event: 'job.status', data: { ...seen, job_id: jobId } },
    ]);
    return jobId;
  });
}

export interface Outcome {
  readonly stdout: string;
  readonly stderr?: string;
  readonly exitCode: number;
}

/** Ends the running job and its task with events, as a dispatcher does when the node has answered. */
export async function endJob(
  gateway: TestGateway,
  taskId: string,
  jobId: string,
  outcome: Outcome,
): Promise<boolean> {
  return gateway.db.transaction().execute(async (trx) => {
    const at = new Date();
    const status = outcome.exitCode === 0 ? 'completed' : 'failed';
    const result = {
      version: 1,
      task_id: taskId,
      job_id: jobId,
      lease_id: randomUUID(),
      status,
      exit_code: outcome.exitCode,
      stdout: outcome.stdout,
      stderr: outcome.stderr ?? '',
      started_at: at.toISOString(),
      ended_at: at.toISOString(),
      truncated: { stdout: false, stderr: false },
    };
    await sql`select 1 from tasks where id = ${taskId} for no key update`.execute(trx);
    await sql`update jobs set result = ${JSON.stringify(result)}::jsonb, lease_expires_at = null where id = ${jobId}`.execute(
      trx,
    );
    const { rows } = await sql`
      update jobs set status = ${status}, ended_at = ${at}, updated_at = ${at}
       where id = ${jobId} and status = 'running' returning id`.execute(trx);
    if (rows.length === 0) return false;
    await sql`
      update tasks set status = ${status}, closed = true, ended_at = ${at}, updated_at = ${at}, summary = 'done',
        metadata = coalesce(metadata, '{}') || jsonb_build_object('exit_code', ${outcome.exitCode}::int)
       where id = ${taskId} and status = 'running'`.execute(trx);
    const seen = { task_id: taskId, status, at: at.toISOString() } as const;
    const log = { task_id: taskId, job_id: jobId, stream: 'stdout', text: outcome.stdout } as const;
    await appendTaskEvents(trx, [
      ...(outcome.stdout === '' ? [] : [{ event: 'job.log' as const, data: log }]),
      { event: 'job.status', data: { ...seen, job_id: jobId } },
      { event: 'task.status', data: seen },
    ]);
    return true;
  });
}
