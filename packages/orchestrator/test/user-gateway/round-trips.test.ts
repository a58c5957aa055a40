import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { cancel, create, get, tryCreate } from './support/tasks.ts';
import { type TestUser, addProject, addUser, bindRole } from './support/users.ts';

type Query = (this: unknown, ...args: readonly unknown[]) => unknown;

/** Statements in the order in which any client sent them; each is one round trip. */
const sent: string[] = [];
const query: Query = Reflect.get(Client.prototype, 'query');

function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement;
  const text: unknown = Reflect.get(Object(statement), 'text');
  return typeof text === 'string' ? text : '';
}

let gateway: TestGateway;
let ada: TestUser;
let root: TestUser;

beforeAll(async () => {
  Object.assign(Client.prototype, {
    query(this: unknown, ...args: readonly unknown[]) {
      sent.push(textOf(args[0]).trim());
      return query.call(this, ...args);
    },
  });
  gateway = await startTestGateway({ sweepEveryMs: 3_600_000 });
  ada = await addUser(gateway, 'ada');
  root = await addUser(gateway, 'root');
  await bindRole(gateway, { type: 'user', id: root.id }, 'owner');
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  Object.assign(Client.prototype, { query });
});

const isAuditRow = (statement: string): boolean =>
  statement.startsWith('insert into gateway_audit_log') ||
  statement.startsWith('with counted_calls');

/** What was sent before the work was done, but for the grouped audit rows of reads before it. */
async function during(work: () => Promise<unknown>): Promise<string[]> {
  sent.length = 0;
  await work();
  return sent.filter((statement) => !isAuditRow(statement));
}

describe('a read', () => {
  it('is one round trip, without a transaction of its own, for a user and for an overseer', async () => {
    const task = await create(gateway, ada, { prompt: 'true', task_name: 'mine' });
    const paths = [
      '/v1/users/me',
      `/v1/tasks/${task.id}`,
      `/v1/tasks/${task.id}/result`,
      `/v1/tasks/${task.id}/logs`,
      '/v1/tasks',
      '/v1/tasks?status=queued&limit=1',
    ];
    for (const user of [ada, root]) {
      for (const path of paths) {
        const statements = await during(async () => {
          expect((await get(gateway, user, path)).status, path).toBe(200);
        });
        expect(statements, path).toHaveLength(1);
        expect(statements[0], path).toMatch(/^(?:select|with caller)/);
      }
    }
    const byName = await during(() => get(gateway, ada, '/v1/tasks/mine'));
    expect(byName).toHaveLength(1);
  });

  it('is refused at once when the session has ended, whatever else is wrong with it', async () => {
    const user = await addUser(gateway, 'leaver');
    const task = await create(gateway, user, { prompt: 'true' });
    const paths = [
      '',
      `/${task.id}`,
      `/${task.id}/result`,
      `/${task.id}/logs`,
      '?limit=0',
      '?cursor=x',
    ];
    const statuses = async (): Promise<number[]> => {
      const found: number[] = [];
      for (const path of paths) found.push((await get(gateway, user, `/v1/tasks${path}`)).status);
      return found;
    };
    expect(await statuses()).toEqual([200, 200, 200, 200, 400, 400]);
    await gateway.db
      .updateTable('refresh_sessions')
      .set({ is_active: false, revoked_at: new Date(), revoked_reason: 'logout' })
      .where('id', '=', user.sessionId)
      .execute();
    expect(await statuses()).toEqual([401, 401, 401, 401, 401, 401]);
  });

  it('that is refused has its audit row when the answer arrives, as has a refused write', async () => {
    const task = await create(gateway, ada, { prompt: 'true' });
    const bob = await addUser(gateway, 'bob');
    await get(gateway, bob, `/v1/tasks/${task.id}`);
    await get(gateway, bob, '/v1/tasks?limit=0');
    await cancel(gateway, bob, task.id);
    await tryCreate(gateway, bob, { prompt: ' ' });
    const rows = await gateway.db
      .selectFrom('gateway_audit_log')
      .select(['action', 'decision', 'status_code'])
      .where('user_id', '=', bob.id)
      .execute();
    const told = rows.map((row) => `${row.action} ${row.decision} ${row.status_code}`);
    expect(told.toSorted()).toEqual([
      'task.cancel deny 404',
      'task.create allow 400',
      'task.read allow 400',
      'task.read deny 404',
    ]);
  });
});

describe('a creation', () => {
  const file = { name: 'a.txt', content_base64: 'YQ==' };

  it('is two round trips and one commit, under a name once more too, from the second task on; a file takes two more, one where it is stored already', async () => {
    const user = await addUser(gateway, 'maker');
    await create(gateway, user, { prompt: 'first' });
    const bodies = [
      { prompt: 'second' },
      { prompt: 'first' },
      { prompt: 'third', attachments: [file] },
      { prompt: 'fourth', attachments: [file] },
    ];
    const seen: unknown[] = [];
    for (const body of bodies) {
      const statements = await during(() => create(gateway, user, body));
      seen.push(statements.map((one) => /^\s*(?:select|with \w+)/.exec(one)?.[0].trim()));
    }
    expect(seen).toEqual([
      ['select', 'with held'],
      ['select', 'with held'],
      ['select', 'with found', 'with fresh', 'with held'],
      ['select', 'with found', 'with held'],
    ]);
  });

  it('is three with an idempotency key, and in a project that is named', async () => {
    const user = await addUser(gateway, 'keeper');
    const project = await addProject(gateway, 'shared');
    await bindRole(gateway, { type: 'user', id: user.id }, 'member', project);
    await create(gateway, user, { prompt: 'first' });
    const headers = { 'idempotency-key': 'k' };
    expect(
      await during(() => tryCreate(gateway, user, { prompt: 'second' }, headers)),
    ).toHaveLength(3);
    expect(
      await during(() => create(gateway, user, { prompt: 'third', project_id: 'shared' })),
    ).toHaveLength(3);
  });

  it('under a name that is taken leaves nothing behind before it gets a number', async () => {
    const user = await addUser(gateway, 'twice');
    // Another gateway does not know which numbers this one gave.
    await using other = await startTestGateway({ beside: gateway, sweepEveryMs: 3_600_000 });
    const names: string[] = [];
    for (const by of [gateway, other, gateway, other]) {
      names.push((await create(by, user, { prompt: 'same' })).task_name);
    }
    expect(names).toEqual(['same', 'same-2', 'same-3', 'same-4']);
    const { jobs, rows } = await gateway.db
      .selectNoFrom((eb) => [
        eb
          .selectFrom('jobs')
          .innerJoin('tasks', 'tasks.id', 'jobs.task_id')
          .where('tasks.created_by', '=', user.id)
          .select((one) => one.fn.countAll<number>().as('count'))
          .as('jobs'),
        eb
          .selectFrom('gateway_audit_log')
          .where('user_id', '=', user.id)
          .select((one) => one.fn.countAll<number>().as('count'))
          .as('rows'),
      ])
      .executeTakeFirstOrThrow();
    expect([jobs, rows]).toEqual([4, 4]);
  });
});
