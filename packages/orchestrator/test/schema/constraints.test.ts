import { type TestDatabase, createTestDatabase } from '@cynodeai/testing';
import { Client, Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const checkViolation = { code: '23514' };
const uniqueViolation = { code: '23505' };
// PostgreSQL 18 tells RESTRICT apart; before it was a plain foreign key violation.
const restricted = { code: expect.stringMatching(/^(?:23001|23503)$/) as unknown };

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.close();
});

async function insert(table: string, row: Readonly<Record<string, unknown>>): Promise<string> {
  const names = Object.keys(row).join(', ');
  const places = Object.keys(row).map((_, index) => `$${index + 1}`);
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO ${table} (${names}) VALUES (${places.join(', ')}) RETURNING to_jsonb(${table}) ->> 'id' AS id`,
    Object.values(row),
  );
  return rows[0]?.id ?? '';
}

let counter = 0;
const someUser = (): Promise<string> => insert('users', { handle: `user-${(counter += 1)}` });
const someTask = async (): Promise<string> => insert('tasks', { created_by: await someUser() });
const uuid = '00000000-0000-7000-8000-000000000000';

describe('checks', () => {
  it('refuses a terminal task that is not closed, and a closed one without an end', async () => {
    const id = await someTask();
    const set = (change: string): Promise<unknown> =>
      client.query(`UPDATE tasks SET ${change} WHERE id = $1`, [id]);
    await expect(set(`status = 'completed'`)).rejects.toMatchObject(checkViolation);
    await expect(set(`closed = true`)).rejects.toMatchObject(checkViolation);
    await expect(set(`status = 'completed', closed = true`)).rejects.toMatchObject(checkViolation);
    await set(`status = 'completed', closed = true, ended_at = now()`);
    await expect(set(`status = 'running'`)).rejects.toMatchObject(checkViolation);
  });

  it('refuses a running job without a lease', async () => {
    const row = { task_id: await someTask(), status: 'running' };
    await expect(insert('jobs', row)).rejects.toMatchObject(checkViolation);
    await insert('jobs', { ...row, lease_id: uuid });
  });

  const base = { updated_by: 'system' };
  const rule = {
    ...base,
    subject_type: 'system',
    action: 'a',
    resource_type: 't',
    resource_pattern: '*',
    effect: 'deny',
  };
  const preference = {
    ...base,
    scope_type: 'system',
    key: 'k',
    value: 'null',
    value_type: 'string',
  };
  const setting = { ...base, key: 's', value: '1', value_type: 'number' };
  const skill = {
    ...base,
    name: 'n',
    status: 'active',
    current_version: 1,
    content_sha256: '',
    is_system: true,
  };
  const idempotency = {
    user_id: uuid,
    provider: 'p',
    operation: 'o',
    key: 'x'.repeat(128),
    params_sha256: '\\x00',
    expires_at: new Date(),
  };

  it.each([
    ['access_control_rules', rule, { subject_id: uuid }],
    ['access_control_rules', rule, { subject_type: 'user' }],
    ['access_control_rules', rule, { conditions: '[]' }],
    ['preference_entries', preference, { scope_id: uuid }],
    ['preference_entries', { ...preference, key: 'k2' }, { scope_type: 'user' }],
    ['system_settings', setting, { value: '"1"' }],
    ['system_settings', { ...setting, key: 's2', value: 'null' }, { value: '{}' }],
    ['skills', skill, { is_system: false }],
    ['skills', skill, { scope: 'group' }],
    ['skills', { ...skill, scope: 'group', scope_id: uuid }, { scope: 'user' }],
    ['skills', skill, { name: 'x'.repeat(129) }],
    ['api_egress_idempotency', idempotency, { key: 'x'.repeat(129) }],
    ['projects', { ...base, slug: 'p', display_name: 'P' }, { is_default: true }],
  ])(
    'takes a right row of %s and refuses the same with %o changed to %o',
    async (table, row, change) => {
      await expect(insert(table, { ...row, ...change })).rejects.toMatchObject(checkViolation);
      await client.query('BEGIN');
      await insert(table, row);
      await client.query('ROLLBACK');
    },
  );

  it('binds the scope of a role to its id', async () => {
    const role_id = await insert('roles', { name: 'tester' });
    const row = { ...base, subject_type: 'user', subject_id: uuid, role_id, scope_type: 'project' };
    await expect(insert('role_bindings', row)).rejects.toMatchObject(checkViolation);
    const system = { ...row, scope_type: 'system' };
    await expect(insert('role_bindings', { ...system, scope_id: uuid })).rejects.toMatchObject(
      checkViolation,
    );
    await insert('role_bindings', system);
    await expect(insert('role_bindings', system)).rejects.toMatchObject(uniqueViolation);
  });
});

describe('uniqueness', () => {
  it('takes one system preference per key although its scope id is null', async () => {
    const row = {
      scope_type: 'system',
      key: 'answer.language',
      value: '"en"',
      value_type: 'string',
      updated_by: 'system',
    };
    await insert('preference_entries', row);
    await expect(insert('preference_entries', row)).rejects.toMatchObject(uniqueViolation);
    const { rowCount } = await client.query(
      `INSERT INTO preference_entries (scope_type, key, value, value_type, updated_by)
       VALUES ('system', 'answer.language', '"de"', 'string', 'system')
       ON CONFLICT (scope_type, scope_id, key) DO UPDATE SET value = excluded.value`,
    );
    expect(rowCount).toBe(1);
  });

  it('takes one model per name without a vendor', async () => {
    const row = { name: 'qwen3', updated_by: 'system' };
    await insert('models', row);
    await expect(insert('models', row)).rejects.toMatchObject(uniqueViolation);
  });

  it('compares handles without case and lets users share having no e-mail', async () => {
    await insert('users', { handle: 'Grace' });
    await expect(insert('users', { handle: 'gRACE' })).rejects.toMatchObject(uniqueViolation);
    await insert('users', { handle: 'hopper' });
  });

  it('takes a task name once per user', async () => {
    const [ada, bob] = [await someUser(), await someUser()];
    await insert('tasks', { created_by: ada, name: 'build' });
    await insert('tasks', { created_by: bob, name: 'build' });
    await insert('tasks', { created_by: ada });
    await insert('tasks', { created_by: ada });
    await expect(insert('tasks', { created_by: ada, name: 'build' })).rejects.toMatchObject(
      uniqueViolation,
    );
  });
});

describe('under concurrency', () => {
  async function inParallel(count: number, statement: string, values: string[]): Promise<number> {
    const pool = new Pool({ connectionString: database.url, max: 10 });
    try {
      const results = await Promise.all(
        Array.from({ length: count }, () => pool.query(statement, values)),
      );
      return results.filter((result) => result.rowCount === 1).length;
    } finally {
      await pool.end();
    }
  }

  it('makes one default project out of 50 first requests', async () => {
    const user = await someUser();
    const made = await inParallel(
      50,
      `INSERT INTO projects (slug, display_name, owner_user_id, is_default, updated_by)
       VALUES ('default-' || $1::uuid, 'Default', $1, true, 'system') ON CONFLICT DO NOTHING`,
      [user],
    );
    expect(made).toBe(1);
    const again = { slug: 'other', display_name: 'Other', updated_by: 'system' };
    await expect(
      insert('projects', { ...again, owner_user_id: user, is_default: true }),
    ).rejects.toMatchObject(uniqueViolation);
    await insert('projects', { ...again, owner_user_id: user });
  });

  it('grants one workflow lease to 20 holders', async () => {
    const task = await someTask();
    const granted = await inParallel(
      20,
      `INSERT INTO task_workflow_leases AS l (task_id, lease_id, holder_id, expires_at)
       VALUES ($1, gen_random_uuid(), gen_random_uuid()::text, now() + interval '1 minute')
       ON CONFLICT (task_id) DO UPDATE
       SET lease_id = excluded.lease_id, holder_id = excluded.holder_id, expires_at = excluded.expires_at
       WHERE l.holder_id IS NULL OR l.expires_at < now()`,
      [task],
    );
    expect(granted).toBe(1);
  });
});

describe('keyset pages', () => {
  it('return each of 500 tasks of one instant once while others come in', async () => {
    const user = await someUser();
    const { rows: made } = await client.query<{ id: string; created_at: Date }>(
      `INSERT INTO tasks (created_by, created_at)
       SELECT $1, clock_timestamp() - interval '1 day' FROM generate_series(1, 500) RETURNING id, created_at`,
      [user],
    );
    await client.query(
      `UPDATE tasks SET created_at = (SELECT min(created_at) FROM tasks WHERE created_by = $1)
       WHERE created_by = $1`,
      [user],
    );
    const seen: string[] = [];
    // The cursor goes through a JS Date, as it does between two requests.
    let cursor: { id: string; created_at: Date } | undefined;
    do {
      const { rows }: { rows: { id: string; created_at: Date }[] } = await client.query(
        `SELECT id, created_at FROM tasks WHERE created_by = $1 AND ($2::timestamptz IS NULL
           OR (created_at, id) < ($2::timestamptz, $3::uuid))
         ORDER BY created_at DESC, id DESC LIMIT 50`,
        [user, cursor?.created_at ?? null, cursor?.id ?? null],
      );
      seen.push(...rows.map((row) => row.id));
      cursor = rows.length === 50 ? rows.at(-1) : undefined;
      await insert('tasks', { created_by: user });
    } while (cursor !== undefined);
    expect(seen.toSorted()).toEqual(made.map((row) => row.id).toSorted());
  });
});

describe('a purge', () => {
  it('takes a task only after its jobs, and leaves the audit as it was', async () => {
    const user = await someUser();
    const task_id = await insert('tasks', { created_by: user });
    const job_id = await insert('jobs', { task_id });
    const run_id = await insert('runs', { task_id, job_id, status: 'completed' });
    await insert('task_artifacts', { task_id, job_id, run_id, path: 'a', storage_ref: 'inline:' });
    const call = { task_id, job_id, run_id, tool_name: 'db.task.get', decision: 'allow' };
    const audit = await insert('mcp_tool_call_audit_log', { ...call, status: 'success' });
    const read = async (): Promise<unknown> =>
      (await client.query('SELECT * FROM mcp_tool_call_audit_log WHERE id = $1', [audit])).rows;
    const before = await read();
    await expect(client.query('DELETE FROM tasks WHERE id = $1', [task_id])).rejects.toMatchObject(
      restricted,
    );
    for (const table of ['task_artifacts', 'runs', 'jobs']) {
      await client.query(`DELETE FROM ${table} WHERE task_id = $1`, [task_id]);
    }
    await client.query('DELETE FROM tasks WHERE id = $1', [task_id]);
    expect(await read()).toEqual(before);
  });

  it('keeps an artifact whose job is gone, without the reference', async () => {
    const task_id = await someTask();
    const job_id = await insert('jobs', { task_id });
    const id = await insert('task_artifacts', {
      task_id,
      job_id,
      path: 'a',
      storage_ref: 'inline:',
    });
    await client.query('DELETE FROM jobs WHERE id = $1', [job_id]);
    const { rows } = await client.query('SELECT job_id FROM task_artifacts WHERE id = $1', [id]);
    expect(rows).toEqual([{ job_id: null }]);
  });
});

it('stores times to the millisecond, so that a Date compares equal', async () => {
  const at = new Date('2026-03-04T05:06:07.089Z');
  const id = await insert('users', { handle: 'clock', created_at: at });
  const { rows } = await client.query('SELECT id FROM users WHERE created_at = $1', [at]);
  expect(rows).toEqual([{ id }]);
});
