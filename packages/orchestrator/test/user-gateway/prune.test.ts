import type { CreateTaskRequest } from '@cynodeai/contracts/gateway';
import { sql } from 'kysely';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { as } from './support/admin.ts';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { endJob, startJob } from './support/jobs.ts';
import { base64, cancel, create, get } from './support/tasks.ts';
import { type TestUser, addUser, bindRole } from './support/users.ts';

/** Tokens last a quarter of an hour: all tests together move the clock by less. */
const minute = 60;

let gateway: TestGateway;
let admin: TestUser;
let ada: TestUser;
beforeAll(async () => {
  // The sweep of blobs must not do the work.
  gateway = await startTestGateway({ sweepEveryMs: 3_600_000 });
  admin = await addUser(gateway, 'root');
  await bindRole(gateway, { type: 'user', id: admin.id }, 'admin');
  ada = await addUser(gateway, 'ada');
});
afterAll(() => gateway[Symbol.asyncDispose]());

const prune = (body: unknown, by: TestUser = admin) =>
  as(gateway, by, 'POST', '/v1/tasks/prune', body);

let number = 10_000;

/** Each has a file of its own content. */
function withFile(): CreateTaskRequest {
  number += 1;
  return {
    input_mode: 'commands',
    commands: ['true'],
    attachments: [{ name: 'a.txt', content_base64: base64(String(number)) }],
  };
}

async function files(): Promise<string[]> {
  const entries = await readdir(gateway.artifactDirectory, {
    recursive: true,
    withFileTypes: true,
  });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

async function left(): Promise<Record<string, number>> {
  const { rows } = await sql<Record<string, number>>`
    select (select count(*) from tasks) as tasks, (select count(*) from jobs) as jobs,
           (select count(*) from task_artifacts) as artifacts,
           (select count(distinct task_id) from task_events) as with_events`.execute(gateway.db);
  return rows[0] ?? {};
}

async function finished(): Promise<string> {
  const { id } = await create(gateway, ada, withFile());
  await endJob(gateway, id, await startJob(gateway, id), { stdout: 'out', exitCode: 0 });
  const now = gateway.clock.now();
  await sql`update tasks set ended_at = ${now} where id = ${id}`.execute(gateway.db);
  return id;
}

beforeEach(async () => {
  await prune({ older_than_seconds: 0 });
  await sql`delete from jobs`.execute(gateway.db);
  await sql`delete from tasks`.execute(gateway.db);
  await rm(gateway.artifactDirectory, { recursive: true, force: true });
});

describe('pruning', () => {
  it('removes finished tasks with results, events and files, and no other, and tells which', async () => {
    const done = await finished();
    // Ids of one millisecond are in no order.
    gateway.clock.advance(1);
    const canceled = (await create(gateway, ada, withFile())).id;
    await cancel(gateway, ada, canceled);
    const queued = (await create(gateway, ada, withFile())).id;
    const running = (await create(gateway, ada, withFile())).id;
    await startJob(gateway, running);
    gateway.clock.advance(2 * minute * 1000);
    const young = await finished();
    const totals = { tasks: 2, jobs: 2, files: 2, bytes: 10, more: false };
    const dry = await prune({ older_than_seconds: minute, dry_run: true });
    expect([dry.status, dry.body]).toEqual([200, { ...totals, dry_run: true }]);
    expect(await left()).toEqual({ tasks: 5, jobs: 5, artifacts: 5, with_events: 5 });
    gateway.clock.advance(1);
    const pruned = await prune({ older_than_seconds: minute });
    expect([pruned.status, pruned.body]).toEqual([200, { ...totals, dry_run: false }]);
    expect(await left()).toEqual({ tasks: 3, jobs: 3, artifacts: 3, with_events: 3 });
    expect(await files()).toHaveLength(3);
    for (const [id, status] of [
      [done, 404],
      [canceled, 404],
      [queued, 200],
      [running, 200],
      [young, 200],
    ] as const) {
      expect((await get(gateway, ada, `/v1/tasks/${id}/result`)).status).toBe(status);
    }
    const rows = await gateway.db
      .selectFrom('gateway_audit_log')
      .select(['user_id', 'action', 'decision', 'status_code', 'details'])
      .where('request_id', 'in', [
        dry.headers.get('x-request-id') ?? '',
        pruned.headers.get('x-request-id') ?? '',
      ])
      .orderBy('created_at')
      .execute();
    const told = { user_id: admin.id, action: 'task.prune', decision: 'allow', status_code: 200 };
    expect(rows).toEqual([
      { ...told, details: { operation: 'tasks.prune' } },
      { ...told, details: { operation: 'tasks.prune', task_ids: [done, canceled] } },
    ]);
  });

  it('is for owners and admins', async () => {
    await finished();
    const operator = await addUser(gateway, 'operator');
    await bindRole(gateway, { type: 'user', id: operator.id }, 'operator');
    gateway.clock.advance(1000);
    for (const caller of [ada, operator]) {
      for (const dry_run of [true, false]) {
        const answer = await prune({ older_than_seconds: 0, dry_run }, caller);
        expect([answer.status, answer.kind]).toEqual([403, 'authorization']);
      }
    }
    expect(await left()).toMatchObject({ tasks: 1 });
  });

  it('keeps a canceled task until its node has let go of it', async () => {
    const { id } = await create(gateway, ada, withFile());
    const jobId = await startJob(gateway, id);
    const lease = (expires: string | null) =>
      sql`update jobs set lease_expires_at = ${expires}::timestamptz where id = ${jobId}`.execute(
        gateway.db,
      );
    await lease('2100-01-01');
    await cancel(gateway, ada, id);
    gateway.clock.advance(minute * 1000);
    expect((await prune({ older_than_seconds: 0 })).body).toMatchObject({ tasks: 0 });
    await lease(null);
    expect((await prune({ older_than_seconds: 0 })).body).toMatchObject({ tasks: 1 });
  });

  it('goes in steps of a hundred, oldest first, and says when there is more', async () => {
    await sql`
      insert into tasks (created_by, status, closed, ended_at, created_at, summary)
      select ${ada.id}, 'completed', true, now() - interval '9 days', now() - interval '9 days' + n * interval '1 s', n::text
        from generate_series(1, 250) n`.execute(gateway.db);
    const steps: unknown[] = [];
    for (let more = true; more;) {
      const { body } = await prune({ older_than_seconds: minute });
      steps.push(body['tasks']);
      more = body['more'] === true;
      if (steps.length === 1) {
        const oldest = await gateway.db
          .selectFrom('tasks')
          .select('summary')
          .orderBy('created_at')
          .executeTakeFirst();
        expect(oldest?.summary).toBe('101');
      }
    }
    expect(steps).toEqual([100, 100, 50]);
  });

  it('leaves out a task that somebody holds, and two at once share the work', async () => {
    const held = await finished();
    const others = [await finished(), await finished(), await finished()];
    gateway.clock.advance(1000);
    await gateway.db.transaction().execute(async (trx) => {
      await sql`select 1 from tasks where id = ${held} for update`.execute(trx);
      const answers = await Promise.all([
        prune({ older_than_seconds: 0 }),
        prune({ older_than_seconds: 0 }),
      ]);
      const removed = answers.reduce((sum, { body }) => sum + Number(body['tasks']), 0);
      expect(removed).toBe(others.length);
    });
    expect((await prune({ older_than_seconds: 0 })).body).toMatchObject({ tasks: 1 });
    expect(await files()).toEqual([]);
  });

  it('answers although a file cannot be removed, which then is swept like any without a row', async () => {
    await finished();
    const [name = ''] = await files();
    const path = join(gateway.artifactDirectory, name.slice(0, 2), name);
    await rm(path);
    await mkdir(path);
    gateway.clock.advance(1000);
    expect((await prune({ older_than_seconds: 0 })).body).toMatchObject({ tasks: 1, files: 1 });
    expect(await left()).toMatchObject({ tasks: 0, artifacts: 0 });
    expect(gateway.log.text()).toContain('stays until it is swept');
  });

  it.each([{}, { older_than_seconds: -1 }, { older_than_seconds: 1.5 }, { older_than: '1d' }])(
    'refuses %j',
    async (body) => {
      expect((await prune(body)).status).toBe(400);
    },
  );
});

describe('deleting one', () => {
  const remove = (id: string, by: TestUser = ada) => as(gateway, by, 'DELETE', `/v1/tasks/${id}`);

  it('removes its rows and files and no other, and tells it once in the audit log', async () => {
    const id = await finished();
    const other = await finished();
    const answer = await remove(id);
    expect(answer.status).toBe(200);
    expect(await left()).toEqual({ tasks: 1, jobs: 1, artifacts: 1, with_events: 1 });
    expect(await files()).toHaveLength(1);
    expect((await get(gateway, ada, `/v1/tasks/${other}/result`)).status).toBe(200);
    const rows = await gateway.db
      .selectFrom('gateway_audit_log')
      .select(['user_id', 'action', 'resource_id', 'decision', 'status_code'])
      .where('request_id', '=', answer.headers.get('x-request-id') ?? '')
      .execute();
    const told = { user_id: ada.id, action: 'task.delete', resource_id: id };
    expect(rows).toEqual([{ ...told, decision: 'allow', status_code: 200 }]);
  });

  it('leaves everything where the audit row cannot be written', async () => {
    const id = await finished();
    await sql`alter table gateway_audit_log rename to gateway_audit_away`.execute(gateway.db);
    try {
      const headers = { authorization: `Bearer ${ada.token}` };
      const url = `${gateway.url}/v1/tasks/${id}`;
      expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(500);
    } finally {
      await sql`alter table gateway_audit_away rename to gateway_audit_log`.execute(gateway.db);
    }
    expect(await left()).toEqual({ tasks: 1, jobs: 1, artifacts: 1, with_events: 1 });
    expect(await files()).toHaveLength(1);
  });

  it('of two at once succeeds once', async () => {
    const id = await finished();
    const answers = await Promise.all([remove(id), remove(id, admin), remove(id)]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404, 404]);
    expect(await files()).toEqual([]);
  });
});
