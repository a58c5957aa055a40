import { type TestDatabase, createTestDatabase, memoryLog, waitFor } from '@cynodeai/testing';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import {
  NotificationListener,
  channels,
  notify,
} from '../../src/adapters/postgres/notifications.ts';
import type { Database } from '../../src/adapters/postgres/tables.ts';

let log = memoryLog();
let test: TestDatabase;
let db: Kysely<Database>;

beforeAll(async () => {
  test = await createTestDatabase();
  db = openDatabase({ url: test.url, applicationName: 'test', log });
});

beforeEach(() => {
  log = memoryLog();
});

afterAll(async () => {
  await db.destroy();
  await test.close();
});

async function listen(): Promise<NotificationListener> {
  const listener = new NotificationListener({ url: test.url, applicationName: 'listener', log });
  await listener.start();
  return listener;
}

const cut = async (): Promise<void> => {
  await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'listener' AND datname = current_database()`.execute(db);
};

it('hears each channel apart, in the order of the commits', async () => {
  await using listener = await listen();
  const heard: string[] = [];
  listener.on(channels.jobs, (payload) => heard.push(`jobs ${payload}`));
  listener.on(channels.tasks, (payload) => heard.push(`tasks ${payload}`));
  await notify(db, channels.jobs);
  await notify(db, channels.tasks, 't1');
  await waitFor(() => heard.length === 2);
  expect(heard).toEqual(['jobs ', 'tasks t1']);
});

it('hears of a transaction when it commits, and never when it does not', async () => {
  await using listener = await listen();
  const heard: string[] = [];
  listener.on(channels.tasks, (payload) => heard.push(payload));
  const lost = db.transaction().execute(async (trx) => {
    await notify(trx, channels.tasks, 'lost');
    throw new Error('rolled back');
  });
  await expect(lost).rejects.toThrow('rolled back');
  await db.transaction().execute(async (trx) => {
    await notify(trx, channels.tasks, 'kept');
    await notify(trx, channels.tasks, 'kept');
  });
  await notify(db, channels.tasks, 'last');
  await waitFor(() => heard.includes('last'));
  expect(heard).toEqual(['kept', 'last']);
});

it('stops calling who has left, and one that throws keeps nobody from hearing', async () => {
  await using listener = await listen();
  const heard: string[] = [];
  const leave = listener.on(channels.jobs, () => heard.push('gone'));
  listener.on(channels.jobs, () => {
    throw new Error('broken listener');
  });
  listener.on(channels.jobs, (payload) => heard.push(payload));
  leave();
  await notify(db, channels.jobs, 'j1');
  await waitFor(() => heard.length > 0);
  expect(heard).toEqual(['j1']);
  expect(log.text()).toContain('broken listener');
});

it('connects again after the connection was cut, and tells the waiters to look', async () => {
  await using listener = await listen();
  const heard: string[] = [];
  let looks = 0;
  listener.on(channels.jobs, (payload) => heard.push(payload));
  const leave = listener.onReconnect(() => {
    looks += 1;
  });
  await cut();
  await waitFor(() => looks === 1);
  await notify(db, channels.jobs, 'after');
  await waitFor(() => heard.includes('after'));
  leave();
  await cut();
  await waitFor(() => log.lines.filter((line) => line.message.endsWith('restored')).length === 2);
  expect(looks).toBe(1);
});

it('keeps trying while the database refuses, and gives up when it is closed', async () => {
  const listener = await listen();
  const name = sql.ref(
    (await sql<{ name: string }>`SELECT current_database() AS name`.execute(db)).rows[0]?.name ??
      '',
  );
  await sql`ALTER DATABASE ${name} CONNECTION LIMIT 0`.execute(db);
  try {
    await cut();
    await waitFor(() =>
      log.lines.some((line) => line.message === 'notification connection failed'),
    );
  } finally {
    await sql`ALTER DATABASE ${name} CONNECTION LIMIT -1`.execute(db);
  }
  await listener.close();
  const tries = log.lines.length;
  await notify(db, channels.jobs);
  expect(log.lines).toHaveLength(tries);
});

it('says so when the first connection fails', async () => {
  const url = 'postgresql://nobody:x@/db?host=/nowhere';
  const listener = new NotificationListener({ url, applicationName: 'listener', log });
  await expect(listener.start()).rejects.toMatchObject({ code: 'ENOENT' });
  await listener.close();
});
