import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { verifyPassword } from '@cynodeai/runtime/crypto';
import { silentLog } from '@cynodeai/runtime/observe';
import { type TestDatabase, createTestDatabase, temporaryDirectory } from '@cynodeai/testing';
import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import type { Database } from '../../src/adapters/postgres/tables.ts';
import { controlPlaneEnv, runControlPlane } from '../control-plane/support/control-plane.ts';
import { as } from '../user-gateway/support/admin.ts';
import { startTestGateway } from '../user-gateway/support/gateway.ts';
import { addUser, bindRole } from '../user-gateway/support/users.ts';

const pinned = 'agents.project_manager.model.local_default_ollama_model';
const groupId = '018f0000-0000-7000-8000-00000000000a';

const file = `
version: 1
preferences:
  - { key: output.summary_style, value: concise, value_type: string }
  - { key: code.language.disallowed, value: null, value_type: array }
system_settings:
  - { key: ${pinned}, value: "llama3:8b", value_type: string }
  - { key: custom.limits, value: { b: 1, a: [1.0, 2] }, value_type: object }
access_control_rules:
  - { subject_type: system, action: web.fetch, resource_type: web, resource_pattern: "*", effect: deny }
  - subject_type: group
    subject_id: ${groupId}
    action: api.call
    resource_type: provider
    resource_pattern: "openai/*"
    effect: allow
    priority: 7
    conditions: { hours: [9, 17] }
sandbox_image_registry:
  registries:
    - { url: registry.example.org, credentials_env: REGISTRY_LOGIN }
  require_digest_pinning: true
admin_user: { handle: Operator, password_env: OPERATOR_PASSWORD }
`;

describe('the bootstrap file', () => {
  let database: TestDatabase;
  let db: Kysely<Database>;
  let env: Record<string, string>;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let path: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    directory = await temporaryDirectory();
    path = `${directory.path}/bootstrap.yaml`;
    env = await controlPlaneEnv(database.url, {
      ORCHESTRATOR_BOOTSTRAP_FILE: path,
      OPERATOR_PASSWORD: 'six wooden spoons in a drawer',
      DISPATCHER_ENABLED: 'false',
    });
    db = openDatabase({ url: database.url, applicationName: 'test', log: silentLog });
  });
  afterEach(async () => {
    await db.destroy();
    await database.close();
    await directory.remove();
  });

  /** A start of the control-plane with a file of this content, and what it says meanwhile. */
  async function start(content: string) {
    await writeFile(path, content);
    const plane = await runControlPlane(env);
    const response = await fetch(`${env['ORCHESTRATOR_PUBLIC_URL']}/readyz`);
    const { reasons } = (await response.json()) as {
      reasons: { code: string; message: string }[];
    };
    expect(await (await fetch(`${env['ORCHESTRATOR_PUBLIC_URL']}/healthz`)).text()).toBe('ok');
    expect(await plane.stop()).toBe(true);
    return { log: plane.log.text(), reasons };
  }

  /** Everything an import may write, without what the manager of models writes by itself. */
  async function everything() {
    return {
      settings: await db.selectFrom('system_settings').selectAll().orderBy('key').execute(),
      audit: await db.selectFrom('system_settings_audit_log').selectAll().orderBy('id').execute(),
      preferences: await db.selectFrom('preference_entries').selectAll().orderBy('key').execute(),
      preferenceAudit: await db
        .selectFrom('preference_audit_log')
        .selectAll()
        .orderBy('id')
        .execute(),
      rules: await db.selectFrom('access_control_rules').selectAll().orderBy('id').execute(),
      users: await db.selectFrom('users').selectAll().orderBy('handle').execute(),
      outcome: await db
        .selectFrom('orchestrator_state')
        .selectAll()
        .where('key', '=', 'bootstrap_import')
        .execute(),
    };
  }

  it('is imported once; a second import changes nothing (REQ-BOOTST-0100, REQ-BOOTST-0102)', async () => {
    const { log, reasons } = await start(file);
    expect(reasons.map(({ code }) => code)).not.toContain('bootstrap_failed');
    expect(log).not.toContain('six wooden spoons');
    const first = await everything();
    const by = { updated_by: 'bootstrap', version: 1 };
    expect(first.settings).toEqual([
      expect.objectContaining({ key: pinned, value: 'llama3:8b', ...by }),
      expect.objectContaining({ key: 'custom.limits', value: { a: [1, 2], b: 1 }, ...by }),
      expect.objectContaining({
        key: 'sandbox_images.registries',
        value: [{ url: 'registry.example.org', credentials_env: 'REGISTRY_LOGIN' }],
        ...by,
      }),
      expect.objectContaining({ key: 'sandbox_images.require_digest_pinning', value: true }),
    ]);
    expect(first.audit).toHaveLength(4);
    expect(first.preferences).toEqual([
      expect.objectContaining({ key: 'code.language.disallowed', value: null, ...by }),
      expect.objectContaining({ key: 'output.summary_style', value: 'concise', ...by }),
    ]);
    expect(first.preferenceAudit.map((row) => row.operation)).toEqual(['create', 'create']);
    expect(first.rules).toHaveLength(2);
    expect(first.rules).toContainEqual(
      expect.objectContaining({
        subject_id: groupId,
        priority: 7,
        conditions: { hours: [9, 17] },
        updated_by: 'bootstrap',
      }),
    );
    const credentials = await db
      .selectFrom('password_credentials as p')
      .innerJoin('users as u', 'u.id', 'p.user_id')
      .select('p.password_hash')
      .where('u.handle', '=', 'operator')
      .executeTakeFirstOrThrow();
    const hash = credentials.password_hash.toString('utf8');
    expect(await verifyPassword('six wooden spoons in a drawer', hash)).toMatchObject({
      matches: true,
    });
    await start(file);
    expect(await everything()).toEqual(first);
  });

  it('respects operators: what they changed or removed stays, and the audit log grows by exactly their changes', async () => {
    await start(file);
    const before = await everything();
    await using gateway = await startTestGateway({ env: { DATABASE_URL: database.url } });
    const admin = await addUser({ ...gateway, db }, 'changer');
    await bindRole({ ...gateway, db }, { type: 'user', id: admin.id }, 'admin');
    const put = await as(gateway, admin, 'PUT', `/v1/settings/${pinned}`, { value: 'qwen3.5:9b' });
    expect([put.status, put.body['version']]).toEqual([200, 2]);
    const removed = await as(gateway, admin, 'DELETE', '/v1/settings/custom.limits');
    expect(removed.status).toBe(200);
    const { log } = await start(file);
    expect(log).toContain('leaves alone what others set');
    const after = await everything();
    expect(after.settings.find(({ key }) => key === pinned)).toMatchObject({
      value: 'qwen3.5:9b',
      version: 2,
      updated_by: `user:${admin.id}`,
    });
    expect(after.settings.map(({ key }) => key)).not.toContain('custom.limits');
    expect(after.audit).toHaveLength(before.audit.length + 2);
    expect(after.preferences).toEqual(before.preferences);
    expect(after.rules).toEqual(before.rules);
  });

  it('updates what it wrote itself when the file says something else', async () => {
    await start(file);
    const changed = file
      .replace('llama3:8b', 'llama3:70b')
      .replace('value: concise', 'value: detailed')
      .replace('priority: 7', 'priority: 9');
    await start(changed);
    const { settings, audit, preferences, preferenceAudit, rules } = await everything();
    expect(settings.find(({ key }) => key === pinned)).toMatchObject({
      value: 'llama3:70b',
      version: 2,
    });
    expect(preferences[1]).toMatchObject({ value: 'detailed', version: 2 });
    expect(rules.map(({ priority }) => priority).toSorted((a, b) => a - b)).toEqual([0, 9]);
    expect([audit.length, preferenceAudit.length, rules.length]).toEqual([5, 3, 2]);
  });

  it.each([
    ['no YAML', 'version: 1\npreferences: [', 'not valid YAML at line 2'],
    ['a key twice', 'version: 1\nversion: 1\n', 'DUPLICATE_KEY'],
    ['another version', 'version: 2\n', 'version'],
    ['an unknown key', 'version: 1\nsettings: []\n', 'settings'],
    [
      'a wrong value of a known key',
      `version: 1\nsystem_settings: [{key: dispatch.max_attempts, value: 0, value_type: number}]`,
      'whole number from 1',
    ],
    [
      'a type that is not the value’s',
      'version: 1\nsystem_settings: [{key: a, value: 1, value_type: string}]',
      'says string',
    ],
    [
      'a preference of another type',
      'version: 1\npreferences: [{key: a, value: 1, value_type: string}]',
      'another type',
    ],
    [
      'a preference that is too large',
      `version: 1\npreferences: [{key: a, value: "${'x'.repeat(70_000)}", value_type: string}]`,
      'larger than',
    ],
    [
      'a setting twice',
      'version: 1\nsystem_settings: [{key: a, value: 1, value_type: number}, {key: a, value: 2, value_type: number}]',
      'stated twice',
    ],
    [
      'a rule without its subject',
      'version: 1\naccess_control_rules: [{subject_type: user, action: a, resource_type: b, resource_pattern: c, effect: allow}]',
      'subject_id',
    ],
    [
      'an inline password',
      'version: 1\nadmin_user: {handle: bob, password: Hunter2-is-long}',
      'admin_user.password: secrets do not belong',
    ],
    [
      'an inline token of a registry',
      'version: 1\nsandbox_image_registry: {registries: [{url: r, token: Hunter2-is-long}]}',
      'token: secrets',
    ],
    [
      'a setting named after a secret',
      'version: 1\nsystem_settings: [{key: provider.api_key, value: Hunter2-is-long, value_type: string}]',
      'no secrets',
    ],
    [
      'a preference named after a secret',
      'version: 1\npreferences: [{key: my.password, value: Hunter2-is-long, value_type: string}]',
      'would hold a secret',
    ],
    [
      'a variable that is not set',
      'version: 1\nadmin_user: {handle: bob, password_env: NOT_SET}',
      'NOT_SET is not set',
    ],
    [
      'a reserved handle',
      'version: 1\nadmin_user: {handle: system, password_env: OPERATOR_PASSWORD}',
      'reserved',
    ],
    [
      'too many aliases',
      `version: 1\npreferences: [{key: a, value_type: array, value: &a [${'x,'.repeat(20)}x]}, {key: b, value_type: array, value: [${'*a,'.repeat(200)}*a]}]`,
      'aliases',
    ],
  ])(
    'with %s is not imported at all, and readiness says why (REQ-BOOTST-0101, REQ-BOOTST-0103)',
    async (_name, content, words) => {
      const { log, reasons } = await start(content);
      expect(reasons[0]).toMatchObject({ code: 'bootstrap_failed' });
      expect(reasons[0]?.message).toMatch(/^bootstrap import failed: /);
      expect(reasons[0]?.message).toContain(words);
      expect(`${log} ${JSON.stringify(reasons)}`).not.toContain('Hunter2');
      const { settings, preferences, rules, audit } = await everything();
      expect([settings, preferences, rules, audit]).toEqual([[], [], [], []]);
    },
  );

  it('that the database refuses is imported not even in part', async () => {
    await db.schema
      .alterTable('preference_entries')
      .addColumn('x', 'integer', (c) => c.notNull())
      .execute();
    const { reasons } = await start(file);
    expect(reasons[0]?.message).toContain('the database refused it');
    expect((await everything()).settings).toEqual([]);
  });

  it('that was corrected, or is configured no more, leaves no reason behind', async () => {
    expect((await start('version: 3')).reasons[0]?.code).toBe('bootstrap_failed');
    expect((await start('version: 1')).reasons.map(({ code }) => code)).not.toContain(
      'bootstrap_failed',
    );
    expect((await start('version: 3')).reasons[0]?.code).toBe('bootstrap_failed');
    delete env['ORCHESTRATOR_BOOTSTRAP_FILE'];
    expect((await start('')).reasons[0]?.code).toBe('no_inference_path');
    env['ORCHESTRATOR_BOOTSTRAP_FILE'] = `${directory.path}/none.yaml`;
    expect((await start('')).reasons[0]?.message).toContain('cannot be read');
  });

  it('does not change what the environment states', async () => {
    env['SANDBOX_DEFAULT_IMAGE'] = 'from-environment:1';
    const content =
      'version: 1\nsystem_settings: [{key: sandbox.default_image, value: from-file, value_type: string}]';
    await start(content);
    const first = await everything();
    expect(first.settings).toMatchObject([{ value: 'from-environment:1', version: 1 }]);
    await start(content);
    expect(await everything()).toEqual(first);
  });

  it('keeps an administrator who exists as they are', async () => {
    await start(file);
    env['OPERATOR_PASSWORD'] = randomBytes(20).toString('hex');
    const before = await db
      .selectFrom('password_credentials')
      .selectAll()
      .orderBy('user_id')
      .execute();
    await start(file);
    expect(
      await db.selectFrom('password_credentials').selectAll().orderBy('user_id').execute(),
    ).toEqual(before);
  });
});
