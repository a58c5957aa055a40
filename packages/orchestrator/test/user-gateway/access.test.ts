import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '@cynodeai/testing';
import { openEvents } from '@cynodeai/testing/suites';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { cancel, create, get, isWaiting, list, tryCreate } from './support/tasks.ts';
import { type TestUser, addProject, addUser, bindRole } from './support/users.ts';

let gateway: TestGateway;
let owner: TestUser;
let stranger: TestUser;

beforeAll(async () => {
  gateway = await startTestGateway();
  owner = await addUser(gateway, 'owner');
  stranger = await addUser(gateway, 'admin');
});
afterAll(() => gateway[Symbol.asyncDispose]());

const views = ['', '/result', '/logs', '/events'];

async function statuses(user: TestUser, reference: string): Promise<number[]> {
  const found: number[] = [];
  for (const view of views)
    found.push((await get(gateway, user, `/v1/tasks/${reference}${view}`)).status);
  return [...found, (await cancel(gateway, user, reference)).status];
}

/** A task in a project, canceled already so that its event stream ends. */
async function projectTask(
  slug: string,
): Promise<{ readonly id: string; readonly project: string }> {
  const project = await addProject(gateway, slug);
  await bindRole(gateway, { type: 'user', id: owner.id }, 'member', project);
  const { id } = await create(gateway, owner, { prompt: 'x', project_id: slug });
  await cancel(gateway, owner, id);
  return { id, project };
}

describe('a task', () => {
  it('does not exist for a stranger, by uuid and by name, whatever the handle (REQ-ACCESS-0107)', async () => {
    const task = await create(gateway, owner, { prompt: 'x', task_name: 'secret-plan' });
    expect(await statuses(stranger, task.id)).toEqual([404, 404, 404, 404, 404]);
    expect(await statuses(stranger, 'secret-plan')).toEqual([404, 404, 404, 404, 404]);
    expect((await list(gateway, stranger)).tasks).toEqual([]);
    expect((await get(gateway, owner, `/v1/tasks/${task.id.toUpperCase()}`)).status).toBe(200);
    for (const name of ['%00', 'a%20b', 'x'.repeat(512)]) {
      expect((await get(gateway, owner, `/v1/tasks/${name}`)).status).toBe(404);
    }
  });

  it.each([
    ['viewer', [200, 200, 200, 200, 403]],
    ['member', [200, 200, 200, 200, 403]],
    ['operator', [200, 200, 200, 200, 200]],
    ['admin', [200, 200, 200, 200, 200]],
    ['owner', [200, 200, 200, 200, 200]],
    ['archmage', [404, 404, 404, 404, 404]],
  ])('answers a project %s with %j', async (role, expected) => {
    const { id, project } = await projectTask(`for-${role}`);
    const user = await addUser(gateway, `project-${role}`);
    await bindRole(gateway, { type: 'user', id: user.id }, role, project);
    expect(await statuses(user, id)).toEqual(expected);
    expect((await list(gateway, user)).tasks.map((task) => task.id)).toEqual(
      expected[0] === 200 ? [id] : [],
    );
    expect((await get(gateway, user, `/v1/tasks?project_id=for-${role}`)).status).toBe(expected[0]);
  });

  it.each([
    ['owner', [200, 200, 200, 200, 200]],
    ['admin', [200, 200, 200, 200, 200]],
    ['operator', [200, 200, 200, 200, 200]],
    ['member', [404, 404, 404, 404, 404]],
    ['viewer', [404, 404, 404, 404, 404]],
  ])('answers a system %s with %j', async (role, expected) => {
    const { id } = await projectTask(`sys-${role}`);
    const user = await addUser(gateway, `system-${role}`);
    await bindRole(gateway, { type: 'user', id: user.id }, role);
    expect(await statuses(user, id)).toEqual(expected);
    expect((await list(gateway, user)).tasks.some((task) => task.id === id)).toBe(
      expected[0] === 200,
    );
    expect((await tryCreate(gateway, user, { prompt: 'x' })).status).toBe(
      role === 'viewer' ? 403 : 201,
    );
  });

  it('is out of sight at the next request once the binding is off', async () => {
    const { id, project } = await projectTask('leaving');
    const user = await addUser(gateway, 'leaver');
    const binding = await bindRole(gateway, { type: 'user', id: user.id }, 'viewer', project);
    expect((await get(gateway, user, `/v1/tasks/${id}`)).status).toBe(200);
    await gateway.db
      .updateTable('role_bindings')
      .set({ is_active: false, updated_at: new Date() })
      .where('id', '=', binding)
      .execute();
    expect((await get(gateway, user, `/v1/tasks/${id}`)).status).toBe(404);
  });
});

describe('the audit log', () => {
  it('has a row for every read and every refusal, with groups and roles (REQ-DATAPI-0103)', async () => {
    const user = await addUser(gateway, 'audited');
    await bindRole(gateway, { type: 'user', id: user.id }, 'member');
    const task = await create(gateway, user, { prompt: 'x' });
    await get(gateway, user, '/v1/users/me');
    await get(gateway, user, `/v1/tasks/${task.id}`);
    await get(gateway, user, '/v1/tasks?limit=0');
    await get(gateway, user, '/v1/tasks/%00');
    await get(gateway, { token: 'nonsense' }, `/v1/tasks/${task.id}/result`);
    const rows = await waitFor(async () => {
      const found = await gateway.db
        .selectFrom('gateway_audit_log')
        .selectAll()
        .where((eb) => eb.or([eb('user_id', '=', user.id), eb('status_code', '=', 401)]))
        .orderBy('created_at')
        .execute();
      return found.length >= 6 ? found : undefined;
    });
    const told = rows.map((row) => [row.action, row.resource_type, row.decision, row.status_code]);
    expect(told).toEqual(
      expect.arrayContaining([
        ['task.create', 'task', 'allow', 201],
        ['user.read', 'user', 'allow', 200],
        ['task.read', 'task', 'allow', 200],
        ['task.read', 'task', 'allow', 400],
        ['task.read', 'task', 'deny', 404],
        ['task.read', 'task', 'deny', 401],
      ]),
    );
    expect(
      rows
        .filter((row) => row.user_id === user.id)
        .every((row) => JSON.stringify([row.group_ids, row.role_names]) === '[[],["member"]]'),
    ).toBe(true);
    expect(rows.every((row) => row.duration_ms !== null && row.duration_ms >= 0)).toBe(true);
  });

  it('is written before the process ends', async () => {
    await using other = await startTestGateway();
    const user = await addUser(other, 'short');
    await get(other, user, '/v1/tasks');
    await other.stop();
    const rows = await other.db.selectFrom('gateway_audit_log').select('action').execute();
    expect(rows).toEqual([{ action: 'task.read' }]);
  });
});

describe('a stopping gateway', () => {
  it('ends waits and event streams instead of holding the stop', async () => {
    await using other = await startTestGateway();
    const user = await addUser(other, 'waiter');
    const { id } = await create(other, user, { prompt: 'x' });
    const result = get(other, user, `/v1/tasks/${id}/result?wait=60`);
    await waitFor(() => isWaiting(other));
    const stream = await openEvents(`${other.url}/v1/tasks/${id}/events`, user.token);
    await stream.next();
    const started = performance.now();
    await other.stop();
    expect((await result).body).toMatchObject({ status: 'queued' });
    await stream.rest();
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
