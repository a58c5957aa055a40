import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '@cynodeai/testing';
import { openEvents } from '@cynodeai/testing/suites';
import { sql } from 'kysely';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { call } from './support/http.ts';
import { endJob, startJob } from './support/jobs.ts';
import { cancel, create, get, isWaiting, list } from './support/tasks.ts';
import { type TestUser, addUser } from './support/users.ts';

let gateway: TestGateway;
let ada: TestUser;

beforeAll(async () => {
  gateway = await startTestGateway();
  ada = await addUser(gateway, 'ada');
});
afterAll(() => gateway[Symbol.asyncDispose]());

const commands = (text: string) => ({ input_mode: 'commands', prompt: text }) as const;

/** A task whose job has ended. */
async function ended(stdout: string, exitCode = 0): Promise<string> {
  const { id } = await create(gateway, ada, commands('run'));
  await endJob(gateway, id, await startJob(gateway, id), { stdout, stderr: 'e', exitCode });
  return id;
}

describe('the result of a task', () => {
  it('has no output before the end and all of it afterwards, without the lease (REQ-ORCHES-0124)', async () => {
    const task = await create(gateway, ada, commands('run'));
    const before = await get(gateway, ada, `/v1/tasks/${task.id}/result`);
    expect(before.body).toEqual({
      task_id: task.id,
      task_name: task.task_name,
      status: 'queued',
      jobs: [{ id: expect.any(String), status: 'queued' }],
    });
    await endJob(gateway, task.id, await startJob(gateway, task.id), {
      stdout: 'out',
      stderr: 'err',
      exitCode: 3,
    });
    const after = await get(gateway, ada, `/v1/tasks/${task.task_name}/result`);
    expect(after.body).toMatchObject({
      status: 'failed',
      summary: 'done',
      stdout: 'out',
      stderr: 'err',
      exit_code: 3,
      jobs: [
        {
          status: 'failed',
          result: { stdout: 'out', exit_code: 3 },
          started_at: expect.any(String),
          ended_at: expect.any(String),
        },
      ],
    });
    expect(after.text).not.toContain('lease');
  });

  it('joins the streams of several jobs in order and shows why the orchestrator failed', async () => {
    const id = await ended('one\n');
    await gateway.db
      .insertInto('jobs')
      .values({
        task_id: id,
        persona_id: null,
        node_id: null,
        lease_id: null,
        lease_expires_at: null,
        next_attempt_at: null,
        started_at: null,
        ended_at: new Date(),
        status: 'failed',
        created_at: new Date(Date.now() + 1000),
        result: JSON.stringify({
          status: 'failed',
          error_type: 'node_lost',
          error_message: 'the node is gone',
          stdout: '',
          stderr: 'the node is gone',
        }),
      })
      .execute();
    const { body } = await get(gateway, ada, `/v1/tasks/${id}/result`);
    expect(body).toMatchObject({ stdout: 'one\n', stderr: 'ethe node is gone' });
    expect(body).not.toHaveProperty('exit_code');
    const logs = await get(gateway, ada, `/v1/tasks/${id}/logs?stream=stderr`);
    expect(logs.body).toMatchObject({
      stream: 'stderr',
      stderr: 'ethe node is gone',
      truncated: { stdout: false, stderr: false },
    });
    expect(logs.body).not.toHaveProperty('stdout');
  });

  it('is held until the task ends and comes at once then', async () => {
    const { id } = await create(gateway, ada, commands('run'));
    const started = performance.now();
    const answer = get(gateway, ada, `/v1/tasks/${id}/result?wait=30`);
    await endJob(gateway, id, await startJob(gateway, id), { stdout: 'x', exitCode: 0 });
    expect((await answer).body).toMatchObject({ status: 'completed', exit_code: 0 });
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('comes without a change when the wait is over', async () => {
    const { id } = await create(gateway, ada, commands('run'));
    const started = performance.now();
    expect((await get(gateway, ada, `/v1/tasks/${id}/result?wait=1`)).body).toMatchObject({
      status: 'queued',
    });
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
  });

  it('comes also when no notification arrives', async () => {
    const { id } = await create(gateway, ada, commands('run'));
    const answer = get(gateway, ada, `/v1/tasks/${id}/result?wait=30`);
    await sql`update tasks set status = 'canceled', closed = true, ended_at = now() where id = ${id}`.execute(
      gateway.db,
    );
    expect((await answer).body).toMatchObject({ status: 'canceled', stdout: '', stderr: '' });
  });

  it('frees the waiter when the client leaves', async () => {
    const { id } = await create(gateway, ada, commands('run'));
    const client = new AbortController();
    const answer = call(gateway.url, 'GET', `/v1/tasks/${id}/result?wait=60`, {
      token: ada.token,
      signal: client.signal,
    });
    const left = expect(answer).rejects.toThrow();
    await waitFor(() => isWaiting(gateway));
    client.abort();
    await left;
    const [row] = await waitFor(async () => {
      const rows = await gateway.db
        .selectFrom('gateway_audit_log')
        .select('duration_ms')
        .where('resource_id', '=', id)
        .where('action', '=', 'task.read')
        .execute();
      return rows.length > 0 ? rows : undefined;
    });
    expect(row?.duration_ms).toBeLessThan(20_000);
  });

  it.each(['61', '-1', '1.5', 'x', ''])('refuses wait=%s', async (wait) => {
    const id = await ended('x');
    expect((await get(gateway, ada, `/v1/tasks/${id}/result?wait=${wait}`)).status).toBe(400);
  });
});

describe('the logs of a task', () => {
  it('give the streams asked for', async () => {
    const id = await ended('out');
    expect((await get(gateway, ada, `/v1/tasks/${id}/logs`)).body).toMatchObject({
      stream: 'all',
      stdout: 'out',
      stderr: 'e',
      status: 'completed',
    });
    expect((await get(gateway, ada, `/v1/tasks/${id}/logs?stream=stdout`)).body).not.toHaveProperty(
      'stderr',
    );
    expect((await get(gateway, ada, `/v1/tasks/${id}/logs?stream=stdin`)).status).toBe(400);
  });
});

describe('the events of a task', () => {
  const url = (id: string): string => `${gateway.url}/v1/tasks/${id}/events`;

  it('come as they happen and end with the terminal status', async () => {
    const { id } = await create(gateway, ada, commands('run'));
    const stream = await openEvents(url(id), ada.token);
    expect(stream.response.status).toBe(200);
    expect(stream.response.headers.get('content-type')).toContain('text/event-stream');
    expect(await stream.next()).toBe(': open');
    expect(await stream.next()).toContain('"queued"');
    await endJob(gateway, id, await startJob(gateway, id), { stdout: 'hi\n', exitCode: 0 });
    const events = await stream.rest();
    expect(events.map(({ event, data }) => [event, data['status'] ?? data['text']])).toEqual([
      ['job.status', 'queued'],
      ['task.status', 'running'],
      ['job.status', 'running'],
      ['job.log', 'hi\n'],
      ['job.status', 'completed'],
      ['task.status', 'completed'],
    ]);
    const numbers = events.map((event) => Number(event.id));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });

  it('resume after the last one seen and start over at an unknown one', async () => {
    const id = await ended('hi');
    const all = await (await openEvents(url(id), ada.token)).rest();
    expect(all).toHaveLength(7);
    const from = await openEvents(url(id), ada.token, { 'last-event-id': all[4]?.id ?? '' });
    expect(await from.rest()).toEqual(all.slice(5));
    const last = await openEvents(url(id), ada.token, { 'last-event-id': all[6]?.id ?? '' });
    expect(await last.rest()).toEqual([]);
    for (const unknown of ['999999999', 'x', '-1', '99999999999999999999']) {
      const over = await openEvents(url(id), ada.token, { 'last-event-id': unknown });
      expect(await over.rest()).toEqual(all);
    }
  });

  it('end when the task is terminal and its events were pruned', async () => {
    const id = await ended('hi');
    await gateway.db.deleteFrom('task_events').where('task_id', '=', id).execute();
    expect(await (await openEvents(url(id), ada.token)).rest()).toEqual([]);
  });

  it('are problem documents before the first byte', async () => {
    const unknown = await call(gateway.url, 'GET', '/v1/tasks/no-such/events', {
      token: ada.token,
    });
    expect([unknown.status, unknown.kind]).toEqual([404, 'not_found']);
    expect((await call(gateway.url, 'GET', '/v1/tasks/no-such/events')).status).toBe(401);
  });

  it('free everything when the client leaves', async () => {
    const { id } = await create(gateway, ada, commands('run'));
    const stream = await openEvents(url(id), ada.token);
    await stream.next();
    stream.close();
    await waitFor(async () => {
      const rows = await gateway.db
        .selectFrom('gateway_audit_log')
        .select('id')
        .where('resource_id', '=', id)
        .where('action', '=', 'task.read')
        .execute();
      return rows.length === 1;
    });
  });
});

describe('cancelling', () => {
  it('ends a queued task and its job for good and tells who did it (REQ-ORCHES-0124)', async () => {
    const { id, task_name: name } = await create(gateway, ada, commands('run'));
    const answer = await cancel(gateway, ada, name);
    expect([answer.status, answer.body]).toEqual([
      200,
      { task_id: id, task_name: name, canceled: true },
    ]);
    const jobs = await gateway.db
      .selectFrom('jobs')
      .select(['id', 'status', 'ended_at'])
      .where('task_id', '=', id)
      .execute();
    expect(jobs).toEqual([
      { id: expect.any(String), status: 'canceled', ended_at: expect.any(Date) },
    ]);
    const [row] = await gateway.db
      .selectFrom('gateway_audit_log')
      .selectAll()
      .where('resource_id', '=', id)
      .where('action', '=', 'task.cancel')
      .execute();
    expect(row).toMatchObject({
      user_id: ada.id,
      status_code: 200,
      decision: 'allow',
      details: { job_ids: [jobs[0]?.id] },
    });
    expect((await cancel(gateway, ada, id)).status).toBe(200);
    const events = await (
      await openEvents(`${gateway.url}/v1/tasks/${id}/events`, ada.token)
    ).rest();
    expect(events.slice(-2).map(({ event, data }) => [event, data['status']])).toEqual([
      ['job.status', 'canceled'],
      ['task.status', 'canceled'],
    ]);
    expect(events).toHaveLength(4);
  });

  it('holds against a result that comes later, which is kept for inspection', async () => {
    const { id } = await create(gateway, ada, commands('run'));
    const jobId = await startJob(gateway, id);
    expect((await cancel(gateway, ada, id)).status).toBe(200);
    expect(await endJob(gateway, id, jobId, { stdout: 'late', exitCode: 0 })).toBe(false);
    expect((await get(gateway, ada, `/v1/tasks/${id}/result`)).body).toMatchObject({
      status: 'canceled',
      jobs: [{ status: 'canceled', result: { stdout: 'late' } }],
    });
  });

  it('refuses a task that ended otherwise', async () => {
    const id = await ended('x');
    const answer = await cancel(gateway, ada, id);
    expect([answer.status, answer.kind]).toEqual([409, 'conflict']);
    const [row] = await waitFor(async () => {
      const rows = await gateway.db
        .selectFrom('gateway_audit_log')
        .selectAll()
        .where('resource_id', '=', id)
        .where('action', '=', 'task.cancel')
        .execute();
      return rows.length > 0 ? rows : undefined;
    });
    expect(row).toMatchObject({ status_code: 409 });
  });

  it('wakes whoever waits', async () => {
    const { id } = await create(gateway, ada, commands('run'));
    const answer = get(gateway, ada, `/v1/tasks/${id}/result?wait=30`);
    await cancel(gateway, ada, id);
    expect((await answer).body).toMatchObject({ status: 'canceled' });
  });

  it('takes a body only when it is an empty object', async () => {
    const { id } = await create(gateway, ada, commands('run'));
    const path = `/v1/tasks/${id}/cancel`;
    expect(
      (await call(gateway.url, 'POST', path, { token: ada.token, json: { force: true } })).status,
    ).toBe(400);
    expect((await call(gateway.url, 'POST', path, { token: ada.token, json: {} })).status).toBe(
      200,
    );
  });
});

describe('the list of tasks', () => {
  it('pages without gaps or repeats through tasks of one instant', async () => {
    const user = await addUser(gateway, 'many');
    await create(gateway, user, { prompt: 'first' });
    const at = gateway.clock.now();
    await sql`
      insert into tasks (created_by, project_id, name, input_mode, prompt, created_at, updated_at)
      select ${user.id}, (select id from projects where owner_user_id = ${user.id}), 'n' || n, 'script', 'x', ${at}, ${at}
        from generate_series(1, 500) n`.execute(gateway.db);
    const seen: string[] = [];
    let query = '?limit=37';
    for (;;) {
      const page = await list(gateway, user, query);
      seen.push(...page.tasks.map((task) => task.id));
      if (page.next_cursor === undefined) break;
      query = `?limit=37&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
    expect([seen.length, new Set(seen).size]).toEqual([501, 501]);
    expect((await list(gateway, user)).tasks).toHaveLength(50);
    expect((await list(gateway, user, '?limit=200')).tasks).toHaveLength(200);
  });

  it('filters by status in the words of the API, and by project', async () => {
    const user = await addUser(gateway, 'filters');
    const first = await create(gateway, user, { prompt: 'a' });
    gateway.clock.advance(1000);
    const second = await create(gateway, user, { prompt: 'b' });
    await cancel(gateway, user, first.id);
    const ids = async (query: string) =>
      (await list(gateway, user, query)).tasks.map((task) => task.id);
    expect(await ids('')).toEqual([second.id, first.id]);
    expect(await ids('?status=queued')).toEqual([second.id]);
    expect(await ids('?status=canceled&unknown=1')).toEqual([first.id]);
    expect(await ids(`?project_id=${first.project_id}`)).toEqual([second.id, first.id]);
    expect(await ids(`?project_id=default-${user.id}&status=completed`)).toEqual([]);
  });

  it.each([
    '?limit=0',
    '?limit=201',
    '?limit=x',
    '?status=pending',
    '?cursor=x',
    '?project_id=No!',
  ])('refuses %s', async (query) => {
    expect((await get(gateway, ada, `/v1/tasks${query}`)).status).toBe(400);
  });

  it('refuses a cursor that was changed in any place', async () => {
    const user = await addUser(gateway, 'cursor');
    for (const prompt of ['a', 'b']) await create(gateway, user, { prompt });
    const { next_cursor: cursor = '' } = await list(gateway, user, '?limit=1');
    for (let at = 0; at < cursor.length; at += 7) {
      const changed = `${cursor.slice(0, at)}${cursor[at] === '0' ? '1' : '0'}${cursor.slice(at + 1)}`;
      expect(
        (await get(gateway, user, `/v1/tasks?cursor=${encodeURIComponent(changed)}`)).status,
      ).toBe(400);
    }
  });
});
