import { verifyPassword } from '@cynodeai/runtime/crypto';
import { silentLog } from '@cynodeai/runtime/observe';
import { createTestDatabase } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { currentSchemaVersion } from '../../src/adapters/postgres/migrate.ts';
import {
  controlPlaneEnv,
  runControlPlane,
  startEntry,
  testControlPlane,
} from './support/control-plane.ts';

/** Runs the entry to its end. */
async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  const child = startEntry(args, env);
  const { code } = await child.outcome;
  return { code, output: child.output };
}

describe('seeds', () => {
  it('make users, roles and the first administrator once, and leave a changed password alone (REQ-IDENTY-0113, REQ-IDENTY-0121)', async () => {
    await using plane = await testControlPlane({ env: { DISPATCHER_ENABLED: 'false' } });
    const users = await plane.db.selectFrom('users').select(['handle']).orderBy('handle').execute();
    expect(users.map((user) => user.handle)).toEqual(['admin', 'system']);
    const roles = await plane.db.selectFrom('roles').select('name').orderBy('name').execute();
    expect(roles.map((role) => role.name)).toEqual([
      'admin',
      'member',
      'operator',
      'owner',
      'viewer',
    ]);
    const bindings = await plane.db
      .selectFrom('role_bindings as b')
      .innerJoin('roles as r', 'r.id', 'b.role_id')
      .innerJoin('users as u', 'u.id', 'b.subject_id')
      .select(['u.handle', 'r.name', 'b.scope_type', 'b.updated_by'])
      .execute();
    expect(bindings).toEqual([
      { handle: 'admin', name: 'owner', scope_type: 'system', updated_by: 'bootstrap' },
    ]);
    const credentials = await plane.db
      .selectFrom('password_credentials')
      .select(['password_hash', 'hash_alg'])
      .execute();
    expect(credentials).toHaveLength(1);
    const hash = credentials[0]?.password_hash.toString('utf8') ?? '';
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=65536,t=3,p=2\$/);
    expect((await verifyPassword('a-long-enough-password', hash)).matches).toBe(true);
    await plane.stop();
    const again = await runControlPlane({
      ...plane.env,
      BOOTSTRAP_ADMIN_PASSWORD: 'another-password-entirely',
    });
    await again.stop();
    const after = await plane.db
      .selectFrom('password_credentials')
      .select('password_hash')
      .execute();
    expect(after.map((one) => one.password_hash.toString('utf8'))).toEqual([hash]);
    expect(plane.log.text()).not.toContain('a-long-enough-password');
  });

  it('refuse to start without a password while no administrator exists', async () => {
    await using database = await createTestDatabase();
    const { BOOTSTRAP_ADMIN_PASSWORD: _none, ...env } = await controlPlaneEnv(database.url);
    await expect(runControlPlane(env)).rejects.toThrow(/BOOTSTRAP_ADMIN_PASSWORD is required/);
  });

  it('leave a taken handle alone and name the way out', async () => {
    await using plane = await testControlPlane({ env: { DISPATCHER_ENABLED: 'false' } });
    await plane.db.updateTable('role_bindings').set({ is_active: false }).execute();
    await plane.stop();
    const again = await runControlPlane(plane.env);
    await again.stop();
    expect(again.log.text()).toContain('belongs to another user: bind the role owner or admin');
    const users = await plane.db.selectFrom('users').select('handle').execute();
    expect(users).toHaveLength(2);
  });

  it('write the default image as bootstrap until an operator changes it', async () => {
    await using plane = await testControlPlane({
      env: { DISPATCHER_ENABLED: 'false', SANDBOX_DEFAULT_IMAGE: 'localhost/one' },
    });
    const setting = () =>
      plane.db
        .selectFrom('system_settings')
        .select(['value', 'version', 'updated_by'])
        .where('key', '=', 'sandbox.default_image')
        .executeTakeFirst();
    const restart = async (image: string) => {
      const next = await runControlPlane({ ...plane.env, SANDBOX_DEFAULT_IMAGE: image });
      await next.stop();
    };
    await plane.stop();
    expect(await setting()).toEqual({
      value: 'localhost/one',
      version: 1,
      updated_by: 'bootstrap',
    });
    await restart('localhost/one');
    expect(await setting()).toMatchObject({ version: 1 });
    await restart('localhost/two');
    expect(await setting()).toMatchObject({ value: 'localhost/two', version: 2 });
    await plane.db.updateTable('system_settings').set({ updated_by: 'user:x' }).execute();
    await restart('localhost/three');
    expect(await setting()).toMatchObject({ value: 'localhost/two', version: 2 });
    const audit = await plane.db
      .selectFrom('system_settings_audit_log')
      .select(['old_value', 'new_value', 'changed_by'])
      .orderBy('changed_at')
      .execute();
    expect(audit).toEqual([
      { old_value: null, new_value: 'localhost/one', changed_by: 'bootstrap' },
      { old_value: 'localhost/one', new_value: 'localhost/two', changed_by: 'bootstrap' },
    ]);
  });

  it('make one administrator when three control-planes start at once on an empty database', async () => {
    await using database = await createTestDatabase({ content: 'empty' });
    const env = await controlPlaneEnv(database.url, { DISPATCHER_ENABLED: 'false' });
    const planes = await Promise.all(
      [0, 1, 2].map(() => runControlPlane({ ...env, CONTROL_PLANE_LISTEN_ADDR: '127.0.0.1:0' })),
    );
    const db = openDatabase({ url: database.url, applicationName: 'test', log: silentLog });
    expect(await db.selectFrom('users').select('handle').execute()).toHaveLength(2);
    expect(await db.selectFrom('role_bindings').select('id').execute()).toHaveLength(1);
    await db.destroy();
    await Promise.all(planes.map((plane) => plane.stop()));
  });
});

describe('the entry', () => {
  it('migrates only when told so, any number of times, and exits 0 (REQ-SCHEMA-0102, 0105)', async () => {
    await using database = await createTestDatabase({ content: 'empty' });
    for (let round = 0; round < 2; round += 1) {
      const { code } = await run(['control-plane', '--migrate-only'], {
        DATABASE_URL: database.url,
      });
      expect(code).toBe(0);
    }
    const db = openDatabase({ url: database.url, applicationName: 'test', log: silentLog });
    expect(await currentSchemaVersion(db)).toMatch(/^\d{4}$/);
    expect(await db.selectFrom('users').select('id').execute()).toEqual([]);
    await db.destroy();
  });

  it('names every missing variable at once, and no value', async () => {
    const { code, output } = await run(['control-plane'], {
      DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/x',
      JWT_SECRET: 'hunter2',
      ORCHESTRATOR_SECRETS_KEY: 'c2hvcnQ=',
    });
    expect(code).toBe(78);
    expect(output).toContain('NODE_REGISTRATION_PSK is required');
    expect(output).toContain('JWT_SECRET: must be a secret of at least 32 bytes');
    expect(output).toContain('ORCHESTRATOR_SECRETS_KEY: must be 32 bytes in base64');
    expect(output).not.toContain('hunter2');
  });

  it('refuses unknown roles and flags with its usage, and a database that is not there with 1', async () => {
    for (const args of [
      [],
      ['oracle'],
      ['control-plane', '--quick'],
      ['user-gateway', '--migrate-only'],
    ]) {
      const { code, output } = await run(args, {});
      expect(code).toBe(78);
      expect(output).toContain('usage: main.ts ROLE...');
    }
    const absent = await run(['control-plane', '--migrate-only'], {
      DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/x',
    });
    expect(absent.code).toBe(1);
    expect(absent.output).toContain('ECONNREFUSED');
  });
});
