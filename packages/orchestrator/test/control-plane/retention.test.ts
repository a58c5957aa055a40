import { waitFor } from '@cynodeai/testing';
import { sql } from 'kysely';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresOldRows } from '../../src/adapters/postgres/retention/old-rows.ts';
import {
  type TestControlPlane,
  runControlPlane,
  testControlPlane,
} from './support/control-plane.ts';

const overrides = { retentionEveryMs: 50 } as const;

let plane: TestControlPlane;
let beside: Awaited<ReturnType<typeof runControlPlane>>;
beforeAll(async () => {
  plane = await testControlPlane({ env: { DISPATCHER_ENABLED: 'false' }, overrides });
  beside = await runControlPlane(
    { ...plane.env, CONTROL_PLANE_LISTEN_ADDR: '127.0.0.1:0' },
    overrides,
  );
});
afterAll(async () => {
  expect(await beside.stop()).toBe(true);
  expect(plane.log.text() + beside.log.text()).not.toContain('a sweep failed');
  await plane[Symbol.asyncDispose]();
});

/** Right values of the columns that have rules. */
const texts: Readonly<Record<string, string>> = {
  decision: 'allow',
  status: 'success',
  outcome: 'success',
  event_type: 'logout',
  operation: 'create',
  action: 'load',
  result: 'pass',
  policy_decision: 'allow',
};

const byType: Readonly<Record<string, string>> = {
  uuid: randomUUID(),
  jsonb: '[]',
  boolean: 'false',
  integer: '0',
  bigint: '0',
};

interface Needed {
  readonly column_name: string;
  readonly data_type: string;
}

/** Adds rows of that age to a log, right in every column that must have a value. */
async function addRows(log: string, days: number, count: number): Promise<void> {
  const { rows } = await sql<Needed>`
    select column_name, data_type from information_schema.columns
     where table_name = ${log} and is_nullable = 'NO' and column_default is null and is_identity = 'NO'`.execute(
    plane.db,
  );
  const needed = rows.map(({ column_name: name, data_type: type }) => {
    const text = name === 'outcome' && log === 'model_routing_decisions' ? 'local' : texts[name];
    return { name, value: byType[type] ?? text ?? 'x' };
  });
  const { rows: times } = await sql<Needed>`
    select column_name, data_type from information_schema.columns
     where table_name = ${log} and column_name in ('created_at', 'changed_at')`.execute(plane.db);
  const columns = [...needed.map(({ name }) => name), times[0]?.column_name ?? ''];
  const values = needed.map(({ value }) => sql.lit(value));
  await sql`
    insert into ${sql.table(log)} (${sql.join(columns.map((name) => sql.ref(name)))})
    select ${sql.join([...values, sql`now() - ${sql.lit(days)} * interval '1 day'`])}
      from generate_series(1, ${sql.lit(count)})`.execute(plane.db);
}

async function count(table: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${sql.table(table)}`.execute(plane.db);
  return rows[0]?.count ?? 0;
}

function set(key: string, days: number) {
  return sql`
    insert into system_settings (key, value, value_type, updated_by)
    values (${key}, ${String(days)}::jsonb, 'number', 'test')
    on conflict (key) do update set value = excluded.value`.execute(plane.db);
}

/** A task that ended that long ago, with a job, an event and a file. */
async function addTask(days: number, isClosed = true): Promise<string> {
  const at = sql`now() - ${sql.lit(days)} * interval '1 day'`;
  const { rows } = await sql<{ id: string }>`
    insert into tasks (created_by, status, closed, ended_at, created_at)
    select id, ${isClosed ? 'completed' : 'pending'}, ${isClosed}, case when ${isClosed} then ${at} end, ${at}
      from users where handle = 'system' returning id`.execute(plane.db);
  const id = rows[0]?.id ?? '';
  const blob = randomUUID();
  await mkdir(join(plane.artifactDirectory, blob.slice(0, 2)), { recursive: true });
  await writeFile(join(plane.artifactDirectory, blob.slice(0, 2), blob), 'x');
  await sql`
    with job as (
      insert into jobs (task_id, status, created_at)
      values (${id}, ${isClosed ? 'completed' : 'queued'}, ${at})
    ), event as (
      insert into task_events (task_id, event, data, created_at) values (${id}, 'task.status', '{}', ${at})
    )
    insert into task_artifacts (task_id, path, storage_ref, size_bytes)
    values (${id}, 'upload/x', ${`file:${blob.slice(0, 2)}/${blob}`}, 1)`.execute(plane.db);
  return id;
}

async function tasksLeft(): Promise<string[]> {
  const rows = await plane.db.selectFrom('tasks').select('id').orderBy('created_at').execute();
  return rows.map((row) => row.id);
}

describe('two control planes', () => {
  it('remove old rows of every audit log, in batches, and keep the others', async () => {
    const { auditLogs } = postgresOldRows(plane.db);
    const before = new Map<string, number>();
    for (const log of auditLogs) {
      before.set(log, await count(log));
      await addRows(log, 91, log === 'gateway_audit_log' ? 2500 : 20);
      await addRows(log, 89, 3);
    }
    for (const log of auditLogs) {
      await waitFor(async () => (await count(log)) === (before.get(log) ?? 0) + 3, {
        what: `the end of old rows of ${log}`,
      });
    }
  });

  it('wait for nobody: a row that somebody holds is left for another turn', async () => {
    const log = 'chat_audit_log';
    const now = await count(log);
    await set('retention.audit_days', 0);
    const old = sql`created_at < now() - interval '90 days'`;
    const tried = async (): Promise<boolean> => {
      await sql`delete from chat_audit_log where ${old}`.execute(plane.db);
      await addRows(log, 91, 5);
      return plane.db.transaction().execute(async (trx) => {
        await sql`select 1 from chat_audit_log where ${old} limit 1 for update`.execute(trx);
        // A sweep that had read the setting before it changed may have been at them already.
        if ((await count(log)) !== now + 5) return false;
        await set('retention.audit_days', 90);
        await waitFor(async () => (await count(log)) === now + 1);
        return true;
      });
    };
    await waitFor(tried);
    await waitFor(async () => (await count(log)) === now);
  });

  it('leave a sealed log to its sealer', async () => {
    const log = 'mcp_tool_call_audit_log';
    await sql`
      insert into audit_seals (table_name, from_seq, to_seq, row_count, root_hash, seal_hash, key_id, signature, row_hashes)
      values (${log}, 1, 2, 2, '', 'a', 'k', '', '')`.execute(plane.db);
    const now = await count(log);
    await addRows(log, 91, 2);
    await addRows('skill_audit_log', 91, 2);
    const skills = await count('skill_audit_log');
    await waitFor(async () => (await count('skill_audit_log')) === skills - 2);
    expect(await count(log)).toBe(now + 2);
  });

  it('remove events of tasks that ended long ago, never of others, and the tasks only when told', async () => {
    const old = await addTask(91);
    const recent = await addTask(8);
    const open = await addTask(400, false);
    const withEvents = async (): Promise<Set<string>> => {
      const rows = await plane.db.selectFrom('task_events').select('task_id').execute();
      return new Set(rows.map((row) => row.task_id));
    };
    await waitFor(async () => !(await withEvents()).has(old));
    expect(await withEvents()).toEqual(new Set([recent, open]));
    await set('retention.events_days', 7);
    await waitFor(async () => !(await withEvents()).has(recent));
    expect(await tasksLeft()).toEqual([open, old, recent]);
    expect(await withEvents()).toEqual(new Set([open]));

    await set('retention.tasks_days', 30);
    await waitFor(async () => (await tasksLeft()).length === 2);
    expect(await tasksLeft()).toEqual([open, recent]);
    const row = await plane.db
      .selectFrom('gateway_audit_log')
      .select(['user_id', 'action', 'details'])
      .where('request_id', '=', 'retention')
      .executeTakeFirst();
    expect(row).toEqual({
      user_id: null,
      action: 'task.prune',
      details: { operation: 'tasks.prune', task_ids: [old] },
    });
    await waitFor(async () => {
      const entries = await readdir(plane.artifactDirectory, {
        recursive: true,
        withFileTypes: true,
      });
      return entries.filter((entry) => entry.isFile()).length === 2;
    });
  });
});
