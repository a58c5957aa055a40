import { type User, userListSchema } from '@cynodeai/contracts/gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { as, authEvents, gatewayRows, login, password } from './support/admin.ts';
import { Administration } from './support/administration.ts';
import type { TestGateway } from './support/gateway.ts';
import type { Answer } from './support/http.ts';
import type { TestUser } from './support/users.ts';

let office: Administration;
let one: TestGateway;
let two: TestGateway;
let root: TestUser;

beforeAll(async () => {
  office = await Administration.start();
  ({ one, two, root } = office);
});
afterAll(() => office[Symbol.asyncDispose]());

const tryCreate = (json: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  as(one, root, 'POST', '/v1/users', json, headers);

describe('creating a user', () => {
  it('makes an account that can log in, with a default project and audit rows (REQ-IDENTY-0114, REQ-PROJCT-0104)', async () => {
    const answer = await tryCreate({ handle: 'Bob', email: 'bob@example.org', password });
    expect(answer.status).toBe(201);
    const { id } = answer.body as unknown as User;
    expect(answer.body).toMatchObject({ handle: 'bob', email: 'bob@example.org', is_active: true });
    expect(answer.headers.get('location')).toBe(`/v1/users/${id}`);
    expect((await as(one, root, 'GET', `/v1/users/${id}`)).body).toEqual(answer.body);
    const session = await login(two, 'bob');
    const me = await as(two, session, 'GET', '/v1/users/me');
    const project = await one.db
      .selectFrom('projects')
      .selectAll()
      .where('owner_user_id', '=', id)
      .executeTakeFirstOrThrow();
    expect(project).toMatchObject({ slug: `default-${id}`, is_default: true, is_active: true });
    expect(me.body).toMatchObject({ roles: [], default_project_id: project.id });
    expect(await authEvents(one, id)).toMatchObject([
      { event_type: 'login_success' },
      {
        event_type: 'user_created',
        subject_handle: 'bob',
        success: true,
        reason: `by user:${root.id}`,
        ip_address: '127.0.0.1',
      },
    ]);
    expect((await gatewayRows(one, id))[0]).toEqual({
      user_id: root.id,
      action: 'user.manage',
      resource_type: 'user',
      decision: 'allow',
      status_code: 201,
      details: { operation: 'users.create' },
    });
    expect(answer.text + one.log.text()).not.toContain(password);
  });

  it('refuses a taken handle in any case, a taken email, and leaves nothing behind', async () => {
    const handle = office.handleOf('taken');
    const email = `${handle}@example.org`;
    expect((await tryCreate({ handle, email, password })).status).toBe(201);
    const count = () => one.db.selectFrom('users').select('id').execute();
    const before = (await count()).length;
    const byHandle = await tryCreate({ handle: handle.toUpperCase(), password });
    const byEmail = await tryCreate({ handle: office.handleOf('other'), email, password });
    expect([byHandle.status, byHandle.kind, byEmail.status]).toEqual([409, 'conflict', 409]);
    expect([byHandle.text, byEmail.text]).toEqual([
      expect.stringContaining('handle'),
      expect.stringContaining('email'),
    ]);
    expect((await count()).length).toBe(before);
  });

  it('makes one user of many parallel creations of one handle', async () => {
    const handle = office.handleOf('race');
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => tryCreate({ handle, password })),
    );
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([
      201, 409, 409, 409, 409, 409,
    ]);
  });

  it.each([
    ['the reserved handle', { handle: 'system', password }, 'handle'],
    ['the reserved handle in capitals', { handle: 'SYSTEM', password }, 'handle'],
    ['a handle with a space', { handle: 'a b', password }, 'handle'],
    ['a short handle', { handle: 'a', password }, 'handle'],
    ['a short password', { handle: 'fresh-1', password: 'x7Kq-p2z-Wm' }, 'password'],
    ['a common password', { handle: 'fresh-1', password: 'Password1234' }, 'password'],
    [
      'the handle as password',
      { handle: 'fresh-one-of-all', password: 'FRESH-ONE-OF-ALL' },
      'password',
    ],
    ['too many bytes', { handle: 'fresh-1', password: '🔑'.repeat(257) }, 'password'],
    ['U+0000', { handle: 'fresh-1', password: 'abcdefg\u0000hwxyz' }, 'password'],
    ['no email address', { handle: 'fresh-1', password, email: 'nobody' }, 'email'],
    ['an unknown field', { handle: 'fresh-1', password, role: 'owner' }, 'role'],
  ])('refuses %s by name (REQ-IDENTY-0121)', async (_what, body, field) => {
    const answer = await tryCreate(body);
    expect([answer.status, answer.kind]).toEqual([400, 'validation']);
    expect(answer.body['errors']).toMatchObject([{ field }]);
  });

  it('takes a password in any Unicode form', async () => {
    const handle = office.handleOf('accent');
    const composed = 'éèàùçôîêâûïë';
    expect((await tryCreate({ handle, password: composed })).status).toBe(201);
    await login(one, handle, composed.normalize('NFD'));
  });

  it('happens once per Idempotency-Key, and what is kept holds no secret (REQ-STANDS-0129)', async () => {
    const handle = office.handleOf('once');
    const key = { 'idempotency-key': 'user-key-1' };
    const first = await tryCreate({ handle, password }, key);
    const again = await tryCreate({ password, handle }, key);
    expect([again.status, again.body, again.headers.get('location')]).toEqual([
      201,
      first.body,
      first.headers.get('location'),
    ]);
    const other = await tryCreate({ handle, password: 'another password' }, key);
    expect([other.status, other.kind]).toEqual([409, 'conflict']);
    const kept = await one.db
      .selectFrom('idempotency_keys')
      .selectAll()
      .where('key', '=', 'user-key-1')
      .executeTakeFirstOrThrow();
    expect(JSON.stringify(kept)).not.toContain(password);
    expect(kept.response).toEqual(first.body);
    const { canonicalHash } = await import('@cynodeai/runtime/crypto');
    expect(kept.request_sha256.toString('hex')).not.toBe(canonicalHash({ handle, password }));
    const created = (await authEvents(one, String(first.body['id']))).filter(
      (event) => event.event_type === 'user_created',
    );
    expect(created).toHaveLength(1);
    expect(
      (await tryCreate({ handle: 'a b', password }, { 'idempotency-key': 'k-2' })).status,
    ).toBe(400);
    expect(
      (await tryCreate({ handle: office.handleOf('free'), password }, { 'idempotency-key': 'k-2' }))
        .status,
    ).toBe(201);
  });
});

describe('listing users', () => {
  const list = async (query: string) => {
    const answer = await as(one, root, 'GET', `/v1/users${query}`);
    expect(answer.status, answer.text).toBe(200);
    return userListSchema.parse(answer.body);
  };

  it('pages through everybody, newest first, and filters before it pages', async () => {
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      one.clock.advance(index % 2);
      made.push((await office.newUser('page_me')).id);
    }
    await office.newUser('pagexme');
    const seen: User[] = [];
    let cursor = '';
    do {
      const page = await list(`?q=PAGE_me&limit=2${cursor}`);
      expect(page.users.length).toBeLessThanOrEqual(2);
      seen.push(...page.users);
      cursor = page.next_cursor === undefined ? '' : `&cursor=${page.next_cursor}`;
    } while (cursor !== '');
    const byTime = (a: User, b: User): number => b.created_at.localeCompare(a.created_at);
    expect(seen).toEqual(seen.toSorted(byTime));
    expect(new Set(seen.map((user) => user.id))).toEqual(new Set(made));
    expect(seen).toHaveLength(5);
  });

  it('filters by state and by part of handle or email, which are no patterns', async () => {
    const user = await office.newUser('filtered');
    await office.post(`/v1/users/${user.id}/disable`);
    expect((await list('?is_active=false')).users.map((one_) => one_.handle)).toContain(
      user.handle,
    );
    expect((await list('?is_active=true&q=filtered')).users).toEqual([]);
    expect((await list('?q=%25')).users.map((found) => found.handle)).not.toContain(user.handle);
    const email = `${office.handleOf('mail')}@example.org`;
    await tryCreate({ handle: office.handleOf('with-mail'), email, password });
    expect((await list(`?q=${email.toUpperCase()}`)).users).toHaveLength(1);
  });

  it.each(['?limit=0', '?limit=201', '?is_active=yes', '?cursor=made-up', '?q=%00'])(
    'refuses %s',
    async (query) => {
      expect((await as(one, root, 'GET', `/v1/users${query}`)).status).toBe(400);
    },
  );

  it('never shows a credential', async () => {
    const answer = await as(one, root, 'GET', '/v1/users?limit=200');
    expect(answer.text).not.toMatch(/argon2|hash|password/i);
  });
});
