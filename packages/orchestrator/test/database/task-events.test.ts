import { type TestDatabase, createTestDatabase, memoryLog, waitFor } from '@cynodeai/testing';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { NotificationListener, channels } from '../../src/adapters/postgres/notifications.ts';
import type { Database } from '../../src/adapters/postgres/tables.ts';
import {
  appendTaskEvents,
  readTaskEvents,
  resumeAfter,
} from '../../src/adapters/postgres/task-events.ts';
import type { NewTaskEvent } from '../../src/domain/jobs/job-events.ts';

const log = memoryLog();
const at = '2026-01-02T03:04:05.678Z';
let test: TestDatabase;
let db: Kysely<Database>;
let user: string;
let task: string;

beforeAll(async () => {
  test = await createTestDatabase();
  db = openDatabase({ url: test.url, applicationName: 'test', log });
  user = (
    await db.insertInto('users').values({ handle: 'ada' }).returning('id').executeTakeFirstOrThrow()
  ).id;
});

beforeEach(async () => {
  task = await newTask();
});

afterAll(async () => {
  await db.destroy();
  await test.close();
});

async function newTask(): Promise<string> {
  const row = db.insertInto('tasks').values({ created_by: user }).returning('id');
  return (await row.executeTakeFirstOrThrow()).id;
}

const append = (...events: NewTaskEvent[]): Promise<void> =>
  db.transaction().execute(async (trx) => {
    await trx.selectFrom('tasks').select('id').where('id', '=', task).forNoKeyUpdate().execute();
    await appendTaskEvents(trx, events);
  });

const status = (value: 'queued' | 'running' | 'completed', task_id = task): NewTaskEvent => ({
  event: 'task.status',
  data: { task_id, status: value, at },
});

it('reads back what was appended, in order, after any number and page by page', async () => {
  const job_id = '00000000-0000-7000-8000-000000000001';
  await append(status('queued'));
  await append(
    { event: 'job.status', data: { task_id: task, job_id, status: 'running', at } },
    { event: 'job.log', data: { task_id: task, job_id, stream: 'stdout', text: 'hello' } },
    status('completed'),
  );
  const all = await readTaskEvents(db, task, 0, 10);
  expect(all.map((event) => event.event)).toEqual([
    'task.status',
    'job.status',
    'job.log',
    'task.status',
  ]);
  expect(all[2]).toMatchObject({ data: { job_id, stream: 'stdout', text: 'hello' } });
  const second = Number(all[1]?.id);
  expect(await readTaskEvents(db, task, second, 1)).toEqual([all[2]]);
  const rows = await db
    .selectFrom('task_events')
    .select('job_id')
    .where('task_id', '=', task)
    .orderBy('seq')
    .execute();
  expect(rows.map((row) => row.job_id)).toEqual([null, job_id, job_id, null]);
});

it('stores text that the database cannot hold with replacement characters', async () => {
  const job_id = '00000000-0000-7000-8000-000000000001';
  const text = 'a\u0000b\uD800c';
  await append({ event: 'job.log', data: { task_id: task, job_id, stream: 'stderr', text } });
  expect(await readTaskEvents(db, task, 0, 1)).toMatchObject([
    { data: { text: 'a\uFFFDb\uFFFDc' } },
  ]);
});

it('wakes the waiters of each task at commit', async () => {
  await using listener = new NotificationListener({ url: test.url, applicationName: 'l', log });
  await listener.start();
  const heard: string[] = [];
  listener.on(channels.tasks, (payload) => heard.push(payload));
  const other = await newTask();
  await append(status('queued'), status('running'), status('queued', other));
  await waitFor(() => heard.length >= 2);
  expect(heard.toSorted()).toEqual([task, other].toSorted());
});

it('writes nothing for no events', async () => {
  await append();
  expect(await readTaskEvents(db, task, 0, 1)).toEqual([]);
});

it('numbers the events of one task in the order of their commits', async () => {
  const waitingWriter = db.transaction();
  const done: string[] = [];
  await db.transaction().execute(async (first) => {
    await first.selectFrom('tasks').select('id').where('id', '=', task).forNoKeyUpdate().execute();
    void waitingWriter
      .execute(async (second) => {
        await second
          .selectFrom('tasks')
          .select('id')
          .where('id', '=', task)
          .forNoKeyUpdate()
          .execute();
        await appendTaskEvents(second, [status('completed')]);
      })
      .then(() => done.push('second'));
    await appendTaskEvents(first, [status('running')]);
    expect(done).toEqual([]);
  });
  await waitFor(() => done.length === 1);
  const events = await readTaskEvents(db, task, 0, 10);
  expect(events.map((event) => 'status' in event.data && event.data.status)).toEqual([
    'running',
    'completed',
  ]);
});

it('resumes after the event a client names, or from the first one it cannot know', async () => {
  await append(status('queued'), status('running'));
  const [first] = await readTaskEvents(db, task, 0, 1);
  expect(await resumeAfter(db, task, first?.id)).toBe(Number(first?.id));
  expect(await resumeAfter(db, await newTask(), first?.id)).toBe(0);
  for (const unknown of [undefined, '', 'x', '-1', '999999999', '9'.repeat(40)]) {
    expect(await resumeAfter(db, task, unknown)).toBe(0);
  }
});
