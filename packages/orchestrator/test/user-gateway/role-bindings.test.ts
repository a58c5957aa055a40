import { randomUUID } from 'node:crypto';
import { roleBindingListSchema } from '@cynodeai/contracts/gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  as,
  createUser,
  gatewayRows,
  grant,
  login,
  meStatus,
  password,
  systemGrant,
} from './support/admin.ts';
import { Administration } from './support/administration.ts';
import type { TestGateway } from './support/gateway.ts';
import type { Answer } from './support/http.ts';
import { cancel, create, get } from './support/tasks.ts';
import { type TestUser, addProject, bindRole } from './support/users.ts';

let office: Administration;
let one: TestGateway;
let two: TestGateway;
let root: TestUser;

beforeAll(async () => {
  office = await Administration.start('admin');
  ({ one, two, root } = office);
  const names = ['admin', 'operator', 'member', 'viewer'];
  await one.db
    .insertInto('roles')
    .values(names.map((name) => ({ name })))
    .execute();
});
afterAll(() => office[Symbol.asyncDispose]());

const ask = (body: unknown, who: { token: string } = root): Promise<Answer> =>
  as(one, who, 'POST', '/v1/role-bindings', body);
const withdraw = (id: string, who: { token: string } = root): Promise<Answer> =>
  as(one, who, 'DELETE', `/v1/role-bindings/${id}`);

describe('a grant', () => {
  it('counts from the next request on, at every gateway, and so does its end (REQ-ACCESS-0107, REQ-ACCESS-0112)', async () => {
    const user = await office.newUser('bob');
    const bob = await login(two, user.handle);
    const administers = async (gateway: TestGateway) =>
      (await as(gateway, bob, 'GET', '/v1/users')).status;
    expect(await administers(two)).toBe(403);
    const answer = await ask(systemGrant(user.id, 'admin'));
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ ...systemGrant(user.id, 'admin'), is_active: true });
    expect([await administers(one), await administers(two)]).toEqual([200, 200]);
    await createUser(two, bob, office.handleOf('made-by-bob'));
    const id = String(answer.body['binding_id']);
    expect((await withdraw(id)).status).toBe(204);
    expect([await administers(one), await administers(two)]).toEqual([403, 403]);
    expect((await gatewayRows(one, id)).map((row) => [row.action, row.details])).toEqual([
      ['rbac.manage', { operation: 'role_bindings.create' }],
      ['rbac.manage', { operation: 'role_bindings.delete' }],
    ]);
  });

  it('keeps its id when it is repeated and when it is granted again after its end', async () => {
    const user = await office.newUser('again');
    const body = systemGrant(user.id, 'operator');
    const first = await ask(body);
    one.clock.advance(1000);
    const repeated = await ask(body);
    expect([first.status, repeated.status, repeated.body]).toEqual([201, 200, first.body]);
    const id = String(first.body['binding_id']);
    expect((await withdraw(id)).status).toBe(204);
    expect((await withdraw(id)).status).toBe(204);
    one.clock.advance(1000);
    const renewed = await ask(body);
    expect([renewed.status, renewed.body['binding_id'], renewed.body['is_active']]).toEqual([
      201,
      id,
      true,
    ]);
    expect(renewed.body['updated_at']).not.toBe(first.body['updated_at']);
    const row = await one.db
      .selectFrom('role_bindings')
      .select('updated_by')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row.updated_by).toBe(`user:${root.id}`);
  });

  it('is one row when it is asked for many times at once', async () => {
    const user = await office.newUser('parallel');
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ask(systemGrant(user.id, 'member'))),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(7);
    expect(new Set(answers.map((answer) => answer.body['binding_id'])).size).toBe(1);
  });

  it('needs a subject and a project that exist', async () => {
    const user = await office.newUser('somebody');
    const nobody = randomUUID();
    const project = await addProject(one, office.handleOf('granted'));
    const scoped = { ...systemGrant(user.id, 'viewer'), scope_type: 'project' };
    expect((await ask({ ...scoped, scope_id: project })).status).toBe(201);
    for (const body of [
      systemGrant(nobody, 'viewer'),
      { ...systemGrant(user.id, 'viewer'), subject_type: 'group' },
      { ...scoped, scope_id: nobody },
    ]) {
      const answer = await ask(body);
      expect([answer.status, answer.kind]).toEqual([404, 'not_found']);
    }
    for (const body of [
      scoped,
      { ...systemGrant(user.id, 'viewer'), scope_id: project },
      systemGrant(user.id, 'emperor'),
      systemGrant('bob', 'viewer'),
    ]) {
      expect((await ask(body)).status).toBe(400);
    }
    expect((await withdraw(nobody)).status).toBe(404);
    expect((await withdraw('bob')).status).toBe(400);
  });

  it('reaches the members of a group', async () => {
    const user = await office.newUser('grouped');
    const session = await login(one, user.handle);
    const { id: groupId } = await one.db
      .insertInto('groups')
      .values({ slug: office.handleOf('crew'), display_name: 'Crew', updated_by: 'system' })
      .returning('id')
      .executeTakeFirstOrThrow();
    await one.db
      .insertInto('group_memberships')
      .values({ group_id: groupId, user_id: user.id, updated_by: 'system' })
      .execute();
    await grant(one, root, { ...systemGrant(groupId, 'admin'), subject_type: 'group' });
    expect((await as(two, session, 'GET', '/v1/users')).status).toBe(200);
  });
});

describe('authority over grants', () => {
  it('ends at the own role: only owners make and unmake owners', async () => {
    const user = await office.newUser('deputy');
    await grant(one, root, systemGrant(user.id, 'admin'));
    const deputy = await login(one, user.handle);
    const friend = await office.newUser('friend');
    const above = await ask(systemGrant(friend.id, 'owner'), deputy);
    expect([above.status, above.kind]).toEqual([403, 'authorization']);
    const own = await ask(systemGrant(user.id, 'owner'), deputy);
    expect(own.status).toBe(403);
    for (const role of ['admin', 'operator', 'member', 'viewer']) {
      expect((await ask(systemGrant(friend.id, role), deputy)).status).toBe(201);
    }
    expect((await withdraw(office.rootBinding, deputy)).status).toBe(403);
    expect(await meStatus(one, root)).toBe(200);
  });

  it('is a binding and no handle: without it the user admin is nobody', async () => {
    const user = await office.newUser('successor');
    const last = await withdraw(office.rootBinding);
    expect([last.status, last.kind]).toEqual([409, 'conflict']);
    const owner = await grant(one, root, systemGrant(user.id, 'owner'));
    const successor = await login(one, user.handle);
    expect((await withdraw(office.rootBinding, successor)).status).toBe(204);
    expect((await as(one, root, 'GET', '/v1/users')).status).toBe(403);
    expect((await as(one, root, 'POST', '/v1/users', { handle: 'x-1', password })).status).toBe(
      403,
    );
    expect((await as(one, successor, 'GET', '/v1/users')).status).toBe(200);
    await grant(one, successor, systemGrant(root.id, 'owner'));
    expect((await withdraw(owner.binding_id)).status).toBe(204);
  });

  it('never leaves the install without an owner, whoever withdraws at once', async () => {
    const user = await office.newUser('peer');
    const peer = await login(one, user.handle);
    const binding = await grant(one, root, systemGrant(user.id, 'owner'));
    const answers = await Promise.all([
      as(one, root, 'DELETE', `/v1/role-bindings/${binding.binding_id}`),
      as(two, peer, 'DELETE', `/v1/role-bindings/${office.rootBinding}`),
    ]);
    expect(answers.filter((answer) => answer.status === 204)).toHaveLength(1);
    if (answers[1].status === 204) {
      await grant(one, peer, systemGrant(root.id, 'owner'));
      expect((await withdraw(binding.binding_id)).status).toBe(204);
    }
    const disabled = await office.newUser('sleeping-owner');
    await grant(one, root, systemGrant(disabled.id, 'owner'));
    await as(one, root, 'POST', `/v1/users/${disabled.id}/disable`);
    expect((await withdraw(office.rootBinding)).status).toBe(409);
  });
});

describe('listing grants', () => {
  it('filters by every field and pages newest first, withdrawn ones included', async () => {
    const user = await office.newUser('listed');
    const project = await addProject(one, office.handleOf('listed'));
    const scoped = { ...systemGrant(user.id, 'viewer'), scope_type: 'project', scope_id: project };
    const made = [];
    for (const body of [systemGrant(user.id, 'operator'), systemGrant(user.id, 'member'), scoped]) {
      one.clock.advance(1);
      made.push(await grant(one, root, body));
    }
    await bindRole(one, { type: 'user', id: user.id }, 'galactic-emperor');
    await withdraw(made[0]?.binding_id ?? '');
    const list = async (query: string) => {
      const answer = await as(two, root, 'GET', `/v1/role-bindings?subject_id=${user.id}${query}`);
      expect(answer.status, answer.text).toBe(200);
      return roleBindingListSchema.parse(answer.body);
    };
    const rolesOf = async (query: string) =>
      (await list(query)).bindings.map((binding) => `${binding.role} ${binding.is_active}`);
    expect(await rolesOf('')).toEqual(['viewer true', 'member true', 'operator false']);
    expect(await rolesOf('&role=member')).toEqual(['member true']);
    expect(await rolesOf('&scope_type=system')).toEqual(['member true', 'operator false']);
    expect(await rolesOf(`&scope_type=project&scope_id=${project}`)).toEqual(['viewer true']);
    expect(await rolesOf('&subject_type=group')).toEqual([]);
    const first = await list('&limit=2');
    expect(first.bindings).toEqual(made.slice(1).toReversed());
    const rest = await list(`&limit=2&cursor=${first.next_cursor}`);
    expect([rest.bindings.map((binding) => binding.role), rest.next_cursor]).toEqual([
      ['operator'],
      undefined,
    ]);
    for (const query of ['?subject_id=bob', '?role=emperor', '?scope_id=x', '?cursor=x']) {
      expect((await as(one, root, 'GET', `/v1/role-bindings${query}`)).status).toBe(400);
    }
  });
});

describe('what a grant in a project allows', () => {
  it('is 403 on cancel for a viewer and 404 on everything for a stranger, by uuid and by name', async () => {
    const [owner, viewer, stranger] = [
      await office.newUser('author'),
      await office.newUser('reader'),
      await office.newUser('outsider'),
    ];
    const project = await addProject(one, office.handleOf('shared'));
    const scoped = { scope_type: 'project', scope_id: project };
    await grant(one, root, { ...systemGrant(owner.id, 'member'), ...scoped });
    const binding = await grant(one, root, { ...systemGrant(viewer.id, 'viewer'), ...scoped });
    const author = await login(one, owner.handle);
    const reader = await login(one, viewer.handle);
    const outsider = await login(one, stranger.handle);
    const task = await create(one, author, {
      prompt: 'x',
      task_name: 'shared-work',
      project_id: project,
    });
    const views = async (who: { token: string }, id: string): Promise<number[]> => {
      const found = [];
      for (const view of ['', '/result', '/logs']) {
        found.push((await get(two, who, `/v1/tasks/${id}${view}`)).status);
      }
      return [...found, (await cancel(two, who, id)).status];
    };
    expect(await views(reader, task.id)).toEqual([200, 200, 200, 403]);
    for (const id of [task.id, 'shared-work']) {
      expect(await views(outsider, id)).toEqual([404, 404, 404, 404]);
      expect((await get(one, outsider, `/v1/tasks/${id}/events`)).status).toBe(404);
    }
    await withdraw(binding.binding_id);
    expect(await views(reader, task.id)).toEqual([404, 404, 404, 404]);
  });
});
