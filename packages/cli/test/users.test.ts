import { parseJson } from '@cynodeai/runtime/std';
import { type FakeGateway, alice, json, problem } from '@cynodeai/testing/doubles';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { startInTerminal } from './support/pseudo-terminal.ts';
import { type Ran, type RunOptions, runInProcess } from './support/run-in-process.ts';

const env = { CYNORK_TOKEN: alice.token };
const at = '2026-11-20T10:00:00.000Z';
const bobId = '0198c0de-0000-7000-8000-0000000000b0';
const otherId = '0198c0de-0000-7000-8000-0000000000b1';
const bindingId = '0198c0de-0000-7000-8000-0000000000c0';
const projectId = '0198c0de-0000-7000-8000-0000000000d0';
const canary = 'canary-password-77';

const bob = {
  id: bobId,
  handle: 'bob',
  email: 'bob@example.org',
  is_active: true,
  created_at: at,
  updated_at: at,
};
const bobby = { ...bob, id: otherId, handle: 'bobby', email: undefined, is_active: false };
const binding = {
  binding_id: bindingId,
  subject_type: 'user',
  subject_id: bobId,
  role: 'operator',
  scope_type: 'system',
  is_active: true,
  updated_at: at,
};

let gateway: FakeGateway;
let home: Home;

eachTest((place) => {
  ({ gateway, home } = place);
  gateway
    .on('GET /v1/users', json(200, { users: [bobby, bob] }))
    .on(`GET /v1/users/${bobId}`, json(200, { ...bob, password_hash: canary, secret: canary }))
    .on('POST /v1/users', json(201, bob))
    .on(`POST /v1/users/${bobId}/disable`, json(200, { ...bob, is_active: false }))
    .on(`POST /v1/users/${bobId}/enable`, json(200, bob))
    .on(`POST /v1/users/${bobId}/revoke_sessions`, noContent)
    .on(`POST /v1/users/${bobId}/reset_password`, noContent)
    .on('GET /v1/role-bindings', json(200, { bindings: [binding], next_cursor: null }))
    .on('POST /v1/role-bindings', json(201, binding))
    .on(`DELETE /v1/role-bindings/${bindingId}`, noContent);
});

const run = (args: readonly string[], options?: RunOptions): Promise<Ran> =>
  runInProcess(home, ['users', ...args], options);

const noContent = (_request: unknown, response: { writeHead(status: number): { end(): void } }) =>
  response.writeHead(204).end();

const sentTo = (route: string): unknown => gateway.of(route)[0]?.json;

describe('users list and get', () => {
  it('a list has a header and one TAB between its columns; JSON carries the same keys', async () => {
    gateway.on('GET /v1/users', json(200, { users: [bob, bobby], next_cursor: 'more' }));
    const table = await run(['list', '--active', 'true', '--query', 'b&b', '-l', '2']);
    expect(table).toEqual({
      code: 0,
      stdout: [
        'user_id\thandle\temail\tis_active\tcreated_at\tupdated_at',
        `${bobId}\tbob\tbob@example.org\ttrue\t${at}\t${at}`,
        `${otherId}\tbobby\t\tfalse\t${at}\t${at}`,
        '',
      ].join('\n'),
      stderr: 'next_cursor=more\n',
    });
    expect(gateway.requests[0]?.url).toBe('/v1/users?is_active=true&q=b%26b&limit=2');
    const { stdout } = await run(['list', '-o', 'json', '--cursor', 'c']);
    expect(parseJson(stdout)).toMatchObject({
      users: [{ user_id: bobId, handle: 'bob', is_active: true }, { user_id: otherId }],
      next_cursor: 'more',
    });
    expect(gateway.requests[1]?.url).toBe('/v1/users?limit=50&cursor=c');
  });

  it('an empty list is its header', async () => {
    gateway.on('GET /v1/users', json(200, { users: [] }));
    expect((await run(['list'])).stdout.split('\n')).toHaveLength(2);
    expect(parseJson((await run(['list', '-o', 'json'])).stdout)).toEqual({
      users: [],
      next_cursor: '',
    });
  });

  it('a user is found by uuid, or by the whole handle in any case; nothing secret is shown', async () => {
    const byId = await run(['get', bobId.toUpperCase()]);
    expect(byId.stdout).toBe(
      `user_id=${bobId} handle=bob email=bob@example.org is_active=true created_at=${at} updated_at=${at}\n`,
    );
    expect(gateway.requests.map(({ url }) => url)).toEqual([`/v1/users/${bobId}`]);
    const byHandle = await run(['get', 'Bob', '-o', 'json']);
    expect(gateway.requests[1]?.url).toBe('/v1/users?q=bob&limit=200');
    expect(parseJson(byHandle.stdout)).toEqual({
      user_id: bobId,
      handle: 'bob',
      email: 'bob@example.org',
      is_active: true,
      created_at: at,
      updated_at: at,
    });
    expect(byId.stdout + byHandle.stdout).not.toContain(canary);
  });

  it('a handle is looked for on every page, and a part of one is nobody: exit 4', async () => {
    gateway.on('GET /v1/users', (request, response) => {
      const last = request.url.includes('cursor=two');
      const page = last ? { users: [bob] } : { users: [bobby], next_cursor: 'two' };
      return json(200, page)(request, response);
    });
    expect((await run(['get', 'bob'])).code).toBe(0);
    const nobody = await run(['get', 'bo']);
    expect(nobody).toMatchObject({ code: 4, stdout: '' });
    expect(nobody.stderr).toContain('there is no user bo');
  });
});

describe('users create', () => {
  it('sends handle, email and password; shows the id', async () => {
    const input = `${canary}\n`;
    const args = ['create', 'bob', '--email', 'bob@example.org', '--password-stdin'];
    expect(await run(args, { input })).toEqual({
      code: 0,
      stdout: `user_id=${bobId} handle=bob\n`,
      stderr: '',
    });
    expect(sentTo('POST /v1/users')).toEqual({
      handle: 'bob',
      email: 'bob@example.org',
      password: canary,
    });
    expect(gateway.requests[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
    const asJson = await run(['create', 'bob', '-o', 'json'], { input });
    expect(parseJson(asJson.stdout)).toEqual({ user_id: bobId, handle: 'bob' });
  });

  it('an empty password is exit 2 also without a session; a prompt comes after the session', async () => {
    const none = { CYNORK_TOKEN: '' };
    const empty = await run(['create', 'bob', '--password-stdin'], { input: '\n', env: none });
    expect(empty).toMatchObject({ code: 2, stdout: '' });
    const prompt = await run(['create', 'bob'], { input: 'pw\n', env: none });
    expect(prompt.code).toBe(3);
    expect(prompt.stderr).not.toContain('Password');
    expect(gateway.requests).toHaveLength(0);
  });

  it('the password is not shown in a terminal and not among the arguments', async () => {
    const running = startInTerminal(home, ['users', 'create', 'bob'], env);
    await running.printed('Password for bob:');
    const argv = await readFile(`/proc/${running.pid}/cmdline`, 'utf8');
    running.write(`${canary}\r`);
    const { stdout } = await running.outcome;
    expect(stdout).toContain('exit=0 echo=on');
    expect(stdout + argv).not.toContain(canary);
    expect(sentTo('POST /v1/users')).toMatchObject({ password: canary });
  });

  it.each([
    [403, 'authorization', 3],
    [409, 'conflict', 5],
    [400, 'validation', 6],
  ])('a refusal with %i is passed on as its exit code', async (status, kind, code) => {
    gateway.on('POST /v1/users', problem(status, kind, 'no'));
    expect((await run(['create', 'bob', '--password-stdin'], { input: canary })).code).toBe(code);
  });
});

describe('destructive commands ask (REQ-CLIENT-0128)', () => {
  const cases = [
    [['disable', 'bob'], 'Disable user bob? [y/N]', `user_id=${bobId} disabled=true`],
    [
      ['revoke-sessions', 'bob'],
      'Revoke all sessions of user bob? [y/N]',
      `user_id=${bobId} sessions_revoked=true`,
    ],
    [
      ['revoke', 'bob', '--role', 'operator'],
      'Revoke role operator of user bob? [y/N]',
      `binding_id=${bindingId} user_id=${bobId} role=operator scope=system revoked=true`,
    ],
  ] as const;

  it.each(cases)('%j', async (args, question, done) => {
    for (const input of ['n\n', '\n', '', 'yes\n']) {
      const declined = await run(args, { input });
      expect(declined).toMatchObject({ code: 0, stdout: '' });
      expect(declined.stderr).toContain(question);
      expect(declined.stderr).toContain('aborted');
    }
    const asJson = await run([...args, '-o', 'json'], { input: 'n\n' });
    expect(parseJson(asJson.stdout)).toEqual({ user_id: 'bob', aborted: true });
    expect(gateway.requests).toHaveLength(0);
    expect(await run(args, { input: 'y\n' })).toMatchObject({ code: 0, stdout: `${done}\n` });
    expect(await run([...args, '-y'])).toMatchObject({ code: 0, stdout: `${done}\n`, stderr: '' });
  });

  it.each(cases)('%j does not ask without a session', async (args) => {
    const outcome = await run(args, { env: { CYNORK_TOKEN: '' }, input: 'y\n' });
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).not.toContain('[y/N]');
  });
});

describe('users enable and reset-password', () => {
  it('enable is done at once', async () => {
    expect((await run(['enable', 'bob'])).stdout).toBe(`user_id=${bobId} enabled=true\n`);
    expect(gateway.of(`POST /v1/users/${bobId}/enable`)).toHaveLength(1);
  });

  it('a new password comes from standard input or a prompt', async () => {
    const piped = await run(['reset-password', 'bob', '--password-stdin'], {
      input: `${canary}\n\n`,
    });
    expect(piped).toEqual({
      code: 0,
      stdout: `user_id=${bobId} password_reset=true\n`,
      stderr: '',
    });
    const route = `POST /v1/users/${bobId}/reset_password`;
    expect(sentTo(route)).toEqual({ new_password: `${canary}\n` });
    expect((await run(['reset-password', bobId], { input: 'line\n' })).code).toBe(0);
    expect(gateway.of(route)[1]?.body.toString()).toBe('{"new_password":"line"}');
  });
});

describe('roles of a user', () => {
  it('are listed', async () => {
    const { stdout } = await run(['roles', 'bob']);
    expect(stdout).toBe(
      `binding_id\trole\tscope_type\tscope_id\tis_active\tupdated_at\n${bindingId}\toperator\tsystem\t\ttrue\t${at}\n`,
    );
    expect(gateway.of('GET /v1/role-bindings')[0]?.url).toBe(
      `/v1/role-bindings?subject_type=user&subject_id=${bobId}&limit=50`,
    );
    const asJson = await run(['roles', 'bob', '-o', 'json', '-l', '3', '--cursor', 'x']);
    expect(parseJson(asJson.stdout)).toMatchObject({
      bindings: [{ binding_id: bindingId, role: 'operator', scope_type: 'system' }],
      next_cursor: '',
    });
  });

  it('are granted everywhere or in one project', async () => {
    expect((await run(['grant', 'bob', '--role', 'operator'])).stdout).toBe(
      `binding_id=${bindingId} user_id=${bobId} role=operator scope=system\n`,
    );
    expect(sentTo('POST /v1/role-bindings')).toEqual({
      subject_type: 'user',
      subject_id: bobId,
      role: 'operator',
      scope_type: 'system',
    });
    gateway.requests.length = 0;
    const inProject = { ...binding, scope_type: 'project', scope_id: projectId };
    gateway.on('POST /v1/role-bindings', json(200, inProject));
    const args = ['grant', bobId, '--role', 'operator', '--project-id', projectId, '-o', 'json'];
    expect(parseJson((await run(args)).stdout)).toEqual({
      binding_id: bindingId,
      user_id: bobId,
      role: 'operator',
      scope_type: 'project',
      scope_id: projectId,
    });
    expect(sentTo('POST /v1/role-bindings')).toMatchObject({
      scope_type: 'project',
      scope_id: projectId,
    });
  });

  it.each([
    ['another scope', { ...binding, scope_type: 'project', scope_id: projectId }],
    ['another role', { ...binding, role: 'owner' }],
    ['another user', { ...binding, subject_id: otherId }],
    ['a group', { ...binding, subject_type: 'group' }],
    ['a withdrawn grant', { ...binding, is_active: false }],
  ])('revoke withdraws nothing when the gateway answers with %s', async (_title, other) => {
    gateway.on('GET /v1/role-bindings', json(200, { bindings: [other] }));
    const outcome = await run(['revoke', 'bob', '--role', 'operator', '-y']);
    expect(outcome).toMatchObject({ code: 4, stdout: '' });
    expect(outcome.stderr).toContain('user bob has no role operator');
    expect(gateway.requests.some(({ method }) => method === 'DELETE')).toBe(false);
  });

  it('revoke in a project names it in the question and finds the grant there', async () => {
    const inProject = { ...binding, scope_type: 'project', scope_id: projectId };
    gateway.on('GET /v1/role-bindings', json(200, { bindings: [inProject] }));
    const args = ['revoke', 'bob', '--role', 'operator', '--project-id', projectId];
    const outcome = await run(args, { input: 'y\n' });
    expect(outcome.stderr).toContain(`of user bob in project ${projectId}? [y/N]`);
    expect(outcome.stdout).toContain('scope=project');
    expect(gateway.of(`DELETE /v1/role-bindings/${bindingId}`)).toHaveLength(1);
  });

  it.each([
    ['grant', 'bob'],
    ['grant', 'bob', '--role', 'king'],
    ['revoke', 'bob', '-y'],
    ['create'],
    ['create', 'bob', '--password', 'x'],
    ['list', '-l', '0'],
    ['list', '--active', 'maybe'],
  ])('%s %s %s %s is exit 2', async (...args) => {
    const words = args.filter((word) => word !== undefined);
    expect(await run(words)).toMatchObject({ code: 2, stdout: '' });
    expect(gateway.requests).toHaveLength(0);
  });
});
