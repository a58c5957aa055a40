import { settingListSchema, settingSchema } from '@cynodeai/contracts/gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotificationListener, channels } from '../../src/adapters/postgres/notifications.ts';
import { waitFor } from '@cynodeai/testing';
import { as, gatewayRows } from '../user-gateway/support/admin.ts';
import { type TestGateway, startTestGateway } from '../user-gateway/support/gateway.ts';
import type { Answer } from '../user-gateway/support/http.ts';
import { type TestUser, addUser, bindRole } from '../user-gateway/support/users.ts';

const pinned = 'agents.project_manager.model.local_default_ollama_model';
const mode = 'agents.project_manager.model.selection.execution_mode';

let gateway: TestGateway;
let admin: TestUser;
let operator: TestUser;
let member: TestUser;

beforeAll(async () => {
  gateway = await startTestGateway({
    readiness: async () => [{ code: 'no_inference_path', message: 'no', action: 'wait' }],
  });
  [admin, operator, member] = (await Promise.all(
    ['admin', 'operator', 'member'].map((role) => addUser(gateway, `a-${role}`)),
  )) as [TestUser, TestUser, TestUser];
  await bindRole(gateway, { type: 'user', id: admin.id }, 'admin');
  await bindRole(gateway, { type: 'user', id: operator.id }, 'operator');
  await bindRole(gateway, { type: 'user', id: member.id }, 'member');
});
afterAll(() => gateway[Symbol.asyncDispose]());

const path = (key: string) => `/v1/settings/${encodeURIComponent(key)}`;
const put = (key: string, body: unknown, who: TestUser = admin): Promise<Answer> =>
  as(gateway, who, 'PUT', path(key), body);
const read = (key: string, who: TestUser = admin): Promise<Answer> =>
  as(gateway, who, 'GET', path(key));
const remove = (key: string, query = '', who: TestUser = admin): Promise<Answer> =>
  as(gateway, who, 'DELETE', `${path(key)}${query}`);

function auditOf(key: string) {
  return gateway.db
    .selectFrom('system_settings_audit_log')
    .select(['old_value', 'new_value', 'changed_by', 'reason'])
    .where('key', '=', key)
    .orderBy('changed_at')
    .execute();
}

describe('a system setting', () => {
  it('is made, changed and removed while the system is not ready, each with its audit row (REQ-CLIENT-0160)', async () => {
    expect((await as(gateway, admin, 'GET', '/readyz')).status).toBe(503);
    const key = pinned;
    expect((await read(key)).kind).toBe('not_found');
    const made = await put(key, { value: 'llama3:8b', reason: 'we like it' });
    expect(made.status).toBe(201);
    expect(settingSchema.parse(made.body)).toMatchObject({
      key,
      value: 'llama3:8b',
      value_type: 'string',
      version: 1,
      updated_by: `user:${admin.id}`,
    });
    gateway.clock.advance(1000);
    const changed = await put(key, { value: 'llama3:70b', expected_version: 1 });
    expect([changed.status, changed.body['version']]).toEqual([200, 2]);
    expect((await read(key)).body).toEqual(changed.body);
    gateway.clock.advance(1000);
    expect((await remove(key, '?expected_version=2&reason=done')).body).toEqual({ deleted: true });
    expect((await read(key)).status).toBe(404);
    expect((await remove(key)).kind).toBe('not_found');
    const by = { changed_by: `user:${admin.id}` };
    expect(await auditOf(key)).toEqual([
      { ...by, old_value: null, new_value: 'llama3:8b', reason: 'we like it' },
      { ...by, old_value: 'llama3:8b', new_value: 'llama3:70b', reason: null },
      { ...by, old_value: 'llama3:70b', new_value: null, reason: 'done' },
    ]);
    const writes = await waitFor(async () => {
      const rows = await gatewayRows(gateway, key);
      const found = rows.filter((row) => row.action === 'settings.write');
      return found.length === 4 ? found : undefined;
    });
    expect(writes.map((row) => [row.status_code, row.decision, row.details])).toEqual([
      [201, 'allow', { operation: 'settings.put' }],
      [200, 'allow', { operation: 'settings.put' }],
      [200, 'allow', { operation: 'settings.delete' }],
      [404, 'deny', { operation: 'settings.delete' }],
    ]);
  });

  it('is not changed by who read another version, and a race has one winner', async () => {
    const key = 'custom.raced';
    expect((await put(key, { value: 1, expected_version: 1 })).kind).toBe('conflict');
    await put(key, { value: 0 });
    const answers = await Promise.all(
      [1, 2, 3, 4].map((value) => put(key, { value, expected_version: 1 })),
    );
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([
      200, 409, 409, 409,
    ]);
    expect((await read(key)).body['version']).toBe(2);
    expect((await remove(key, '?expected_version=1')).kind).toBe('conflict');
    expect((await remove(key, '?expected_version=0')).kind).toBe('validation');
    expect(await auditOf(key)).toHaveLength(2);
  });

  it('is made once when several make it at the same time', async () => {
    const answers = await Promise.all([1, 2, 3].map((value) => put('custom.new', { value })));
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([
      200, 200, 201,
    ]);
    expect((await read('custom.new')).body['version']).toBe(3);
  });

  it.each([
    ['string', 'text'],
    ['number', 1.5],
    ['boolean', false],
    ['object', { a: [null, { b: 1 }] }],
    ['array', []],
  ])('keeps a value of type %s under a key nobody knows', async (type, value) => {
    const key = `custom.kept.${type}`;
    const answer = await put(key, { value, value_type: type });
    expect(answer.body).toMatchObject({ value, value_type: type });
    expect((await put(key, { value })).body['value_type']).toBe(type);
    const wrong = type === 'array' ? 'object' : 'array';
    const refused = await put(key, { value, value_type: wrong });
    expect([refused.kind, refused.body['errors']]).toEqual([
      'validation',
      [{ field: 'value_type', message: expect.stringContaining(`says ${wrong}`) }],
    ]);
  });

  it.each([
    [mode, 'sometimes', 'must be one of: auto, force_local, force_external'],
    ['agents.project_manager.model.selection.mode', true, 'auto_sliding_scale, fixed_model'],
    ['agents.project_manager.model.selection.prefer_orchestrator_host', 'yes', 'true or false'],
    ['agents.project_manager.model.selection.tiers', [{ min_vram_mb: 1 }], 'array of {min_vram_mb'],
    [pinned, ' ', 'must be a text'],
    ['models.load_timeout_seconds', 0, 'whole number from 1'],
    ['dispatch.max_attempts', 1.5, 'whole number from 1 to 100'],
    ['inference.backend.images', { tpu: 'x' }, 'from cpu, cuda or rocm'],
    ['inference.backend.allowed_variants', ['cpu', 'tpu'], 'some of: cpu, cuda, rocm'],
    ['nodes.constraints.max_job_timeout_seconds', 20_000, 'from 1 to 10800'],
    ['sandbox_images.registries', [{}], 'array of {url'],
    ['custom.api_key', 'x', 'settings hold no secrets'],
    [
      'custom.service',
      { login: { password: 'x' } },
      'login.password must come from the environment',
    ],
    ['custom.large', 'x'.repeat(70_000), 'not be larger'],
    ['custom.nul', 'a\u0000b', 'U+0000'],
    ['custom.null', null, 'must not be null'],
  ])('refuses for %s the value %j', async (key, value, words) => {
    const answer = await put(key, { value });
    expect([answer.status, answer.kind]).toEqual([400, 'validation']);
    expect(answer.text).toContain(words);
    expect((await read(key)).status).toBe(404);
  });

  it('has a key without whitespace, of at most 256 characters', async () => {
    expect((await put('two words', { value: 1 })).kind).toBe('validation');
    expect((await put('k'.repeat(257), { value: 1 })).status).toBe(400);
    expect((await put('a/b', { value: 1 })).status).toBe(201);
    expect((await put('missing.value', {})).kind).toBe('validation');
  });

  it('is for administrators; operators read, others do neither, and refusals are audited (REQ-ACCESS-0107)', async () => {
    const key = 'custom.guarded';
    await put(key, { value: 1 });
    expect((await read(key, operator)).status).toBe(200);
    expect((await put(key, { value: 2 }, operator)).kind).toBe('authorization');
    expect((await remove(key, '', operator)).kind).toBe('authorization');
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await as(
        gateway,
        member,
        method,
        path(key),
        method === 'PUT' ? { value: 3 } : undefined,
      );
      expect(answer.kind).toBe('authorization');
    }
    expect((await as(gateway, member, 'GET', '/v1/settings')).kind).toBe('authorization');
    expect((await read(key)).body['value']).toBe(1);
    await waitFor(async () => {
      const rows = await gatewayRows(gateway, key);
      return rows.filter((row) => row.decision === 'deny').length === 5;
    });
  });

  it('is listed by key, in pages, by prefix', async () => {
    const keys = ['list.a', 'list.B', 'list.a.b', 'list_x', 'list%y'];
    for (const key of keys) await put(key, { value: key });
    const page = async (query: string) =>
      settingListSchema.parse((await as(gateway, operator, 'GET', `/v1/settings?${query}`)).body);
    const first = await page('key_prefix=list.&limit=2');
    expect(first.settings.map(({ key }) => key)).toEqual(['list.B', 'list.a']);
    const rest = await page(
      `key_prefix=list.&cursor=${encodeURIComponent(first.next_cursor ?? '')}`,
    );
    expect(rest).toEqual({ settings: [expect.objectContaining({ key: 'list.a.b' })] });
    expect((await page('key_prefix=list%25')).settings.map(({ key }) => key)).toEqual(['list%y']);
    for (const cursor of ['x', 'a.b', '.list.a', 'a.%E0%A4%A']) {
      const answer = await as(
        gateway,
        admin,
        'GET',
        `/v1/settings?cursor=${encodeURIComponent(cursor)}`,
      );
      expect(answer.kind).toBe('validation');
    }
  });

  it('is heard of by whoever listens', async () => {
    const listener = new NotificationListener({
      url: gateway.databaseUrl,
      applicationName: 'test',
      log: gateway.log,
    });
    await listener.start();
    const heard: string[] = [];
    listener.on(channels.settings, (key) => heard.push(key));
    await put('custom.heard', { value: 1 });
    await remove('custom.heard');
    await waitFor(() => heard.length === 2);
    expect(heard).toEqual(['custom.heard', 'custom.heard']);
    await listener.close();
  });
});
