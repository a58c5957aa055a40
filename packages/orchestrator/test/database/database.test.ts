import { type TestDatabase, createTestDatabase, memoryLog, waitFor } from '@cynodeai/testing';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import type { Database } from '../../src/adapters/postgres/tables.ts';

const log = memoryLog();
let test: TestDatabase;
let db: Kysely<Database>;

beforeAll(async () => {
  test = await createTestDatabase();
  db = openDatabase({
    url: test.url,
    applicationName: 'cynode-test',
    log,
    statementTimeoutMs: 500,
  });
});

afterAll(async () => {
  await db.destroy();
  await test.close();
});

it('reads every kind of value as the tables say', async () => {
  const user = await db
    .insertInto('users')
    .values({ handle: 'ada', created_at: new Date('2026-01-02T03:04:05.678Z') })
    .returningAll()
    .executeTakeFirstOrThrow();
  expect(user).toMatchObject({ email: null, is_active: true });
  expect(user.created_at).toEqual(new Date('2026-01-02T03:04:05.678Z'));
  const task = await db
    .insertInto('tasks')
    .values({
      created_by: user.id,
      metadata: JSON.stringify({ use_inference: true }),
      acceptance_criteria: JSON.stringify(['a', 'b']),
    })
    .returning(['id', 'status', 'metadata', 'acceptance_criteria', 'ended_at'])
    .executeTakeFirstOrThrow();
  expect(task).toMatchObject({
    status: 'pending',
    metadata: { use_inference: true },
    acceptance_criteria: ['a', 'b'],
    ended_at: null,
  });
  const artifact = await db
    .insertInto('task_artifacts')
    .values({ task_id: task.id, path: 'a', storage_ref: 'inline:', size_bytes: 2 ** 40 })
    .returning('size_bytes')
    .executeTakeFirstOrThrow();
  expect(artifact.size_bytes).toBe(2 ** 40);
  const credential = await db
    .insertInto('password_credentials')
    .values({ user_id: user.id, password_hash: Buffer.from('$argon2id$'), hash_alg: 'argon2id' })
    .returning('password_hash')
    .executeTakeFirstOrThrow();
  expect(credential.password_hash.toString()).toBe('$argon2id$');
  const { count } = await db
    .selectFrom('users')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  expect(count).toBe(1);
});

it('refuses a number that a double cannot hold rather than rounding it', async () => {
  await expect(sql`SELECT 9007199254740993::bigint AS big`.execute(db)).rejects.toThrow(/2\^53/);
});

it('ends a statement that runs longer than its limit', async () => {
  await expect(sql`SELECT pg_sleep(10)`.execute(db)).rejects.toMatchObject({ code: '57014' });
});

it('shows its name to the operator', async () => {
  const { rows } = await sql`SELECT current_setting('application_name') AS name`.execute(db);
  expect(rows).toEqual([{ name: 'cynode-test' }]);
});

it('survives that its idle connections are cut', async () => {
  const other = openDatabase({ url: test.url, applicationName: 'cynode-victim', log });
  await sql`SELECT 1`.execute(other);
  await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'cynode-victim'`.execute(db);
  await waitFor(() => log.lines.some((line) => line.message === 'idle database connection lost'));
  const { rows } = await sql<{ one: number }>`SELECT 1 AS one`.execute(other);
  expect(rows).toEqual([{ one: 1 }]);
  await other.destroy();
  expect(log.text()).not.toContain(decodeURIComponent(/:([^:@]+)@/.exec(test.url)?.[1] ?? '-'));
});

it('survives a connection that is lost between two statements of a transaction', async () => {
  const lost = db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(trx);
    const pid = rows[0]?.pid ?? 0;
    await sql`SELECT pg_terminate_backend(${pid}::int)`.execute(db);
    await waitFor(async () => {
      const { rows: left } = await sql`SELECT 1 FROM pg_stat_activity WHERE pid = ${pid}`.execute(
        db,
      );
      return left.length === 0;
    });
    // Time for the end of the connection to arrive while no statement waits for an answer.
    await sql`SELECT pg_sleep(0.1)`.execute(db);
    await sql`SELECT 1`.execute(trx);
  });
  await expect(lost).rejects.toThrow();
  expect((await sql`SELECT 1 AS one`.execute(db)).rows).toEqual([{ one: 1 }]);
});
