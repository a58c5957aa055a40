import { uuidv7 } from '@cynodeai/runtime/std';
import { waitFor } from '@cynodeai/testing';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { JobsTable, TasksTable } from '../../../src/adapters/postgres/tables/work.ts';
import type { Database } from '../../../src/adapters/postgres/tables.ts';
import type { JobPayload, SandboxJobPayload } from '../../../src/domain/jobs/job-payload.ts';

export interface TaskIds {
  readonly taskId: string;
  readonly jobId: string;
}

export const sandboxPayload: SandboxJobPayload = {
  kind: 'sandbox',
  input_mode: 'script',
  image: 'localhost/test',
  command: ['true'],
  network_policy: 'none',
  use_inference: false,
  input_files: [],
};

/** A task with its first job, written as the gateway writes them, and a word to the dispatchers. */
export async function createTask(
  db: Kysely<Database>,
  options: {
    readonly payload?: JobPayload;
    readonly prompt?: string;
    readonly createdAt?: Date;
    /** Of the kept workspace that the payload names. */
    readonly workspaceId?: string;
  } = {},
): Promise<TaskIds> {
  const payload = options.payload ?? sandboxPayload;
  const ids = { taskId: uuidv7(), jobId: uuidv7() };
  const at = options.createdAt ?? new Date();
  await db.transaction().execute(async (trx) => {
    await sql`
      INSERT INTO tasks (id, created_by, input_mode, prompt, created_at)
      SELECT ${ids.taskId}::uuid, id, ${payload.input_mode}, ${options.prompt ?? 'true'}, ${at}
      FROM users WHERE handle = 'system'
    `.execute(trx);
    await trx
      .insertInto('jobs')
      .values({
        id: ids.jobId,
        task_id: ids.taskId,
        payload: JSON.stringify(payload),
        created_at: at,
        workspace_id: options.workspaceId ?? null,
      })
      .execute();
    await sql`SELECT pg_notify('cynode_jobs', '')`.execute(trx);
  });
  return ids;
}

/** Cancels as the gateway does: task first, then its jobs, one transaction, then a notification. */
export async function cancelTask(db: Kysely<Database>, { taskId }: TaskIds): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`
      UPDATE tasks SET status = 'canceled', closed = true, ended_at = now()
      WHERE id = ${taskId}::uuid AND NOT closed
    `.execute(trx);
    await sql`
      UPDATE jobs SET status = 'canceled', ended_at = now()
      WHERE task_id = ${taskId}::uuid AND status IN ('queued', 'running')
    `.execute(trx);
    await sql`SELECT pg_notify('cynode_jobs', ${taskId})`.execute(trx);
  });
}

export async function readTask(
  db: Kysely<Database>,
  { taskId }: TaskIds,
): Promise<Selectable<TasksTable>> {
  return db.selectFrom('tasks').selectAll().where('id', '=', taskId).executeTakeFirstOrThrow();
}

export async function readJob(
  db: Kysely<Database>,
  { jobId }: TaskIds,
): Promise<Selectable<JobsTable>> {
  return db.selectFrom('jobs').selectAll().where('id', '=', jobId).executeTakeFirstOrThrow();
}

/** Waits until the job has the status and returns its row. */
export async function jobIn(
  db: Kysely<Database>,
  ids: TaskIds,
  status: Selectable<JobsTable>['status'],
): Promise<Selectable<JobsTable>> {
  await waitFor(async () => (await readJob(db, ids)).status === status, {
    what: `job status ${status}`,
  });
  return readJob(db, ids);
}

/** Sets a system setting as an operator does. */
export async function setSetting(db: Kysely<Database>, key: string, value: number): Promise<void> {
  const values = { value: JSON.stringify(value), value_type: 'number' as const };
  await db
    .insertInto('system_settings')
    .values({ key, ...values, updated_by: 'test' })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(values))
    .execute();
}

/** Short leases, so that tests need not wait a minute; seconds. */
export function setLeaseTtl(db: Kysely<Database>, seconds: number): Promise<void> {
  return setSetting(db, 'dispatch.lease_ttl_seconds', seconds);
}
