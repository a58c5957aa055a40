import type { CreateTaskRequest, Task } from '@cynodeai/contracts/gateway';
import { at, parseJson } from '@cynodeai/runtime/std';
import { sql } from 'kysely';
import { readdir, rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { as } from './support/admin.ts';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { base64, create } from './support/tasks.ts';
import { type TestUser, addUser } from './support/users.ts';

let gateway: TestGateway;
let ada: TestUser;
beforeAll(async () => {
  gateway = await startTestGateway({ sweepEveryMs: 3_600_000 });
  ada = await addUser(gateway, 'ada');
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => rm(gateway.artifactDirectory, { recursive: true, force: true }));

const rerun = (id: string, body?: unknown) =>
  as(gateway, ada, 'POST', `/v1/tasks/${id}/rerun`, body);

const request: CreateTaskRequest = {
  input_mode: 'commands',
  commands: ['echo "a\nb"', 'echo c'],
  image: 'debian:12',
  env: { A: 'canary-a', B: '' },
  timeout_seconds: 60,
  use_inference: true,
  acceptance_criteria: ['it ends'],
  attachments: [{ name: 'a.txt', content_base64: base64('12345') }],
};

async function stored(id: string): Promise<Readonly<Record<string, unknown>>> {
  const { rows } = await sql<Record<string, unknown>>`
    select t.metadata, t.acceptance_criteria, t.prompt, j.payload
      from tasks t join jobs j on j.task_id = t.id where t.id = ${id}`.execute(gateway.db);
  return rows[0] ?? {};
}

async function files(): Promise<number> {
  const all = await readdir(gateway.artifactDirectory, { recursive: true, withFileTypes: true });
  return all.filter((entry) => entry.isFile()).length;
}

const made = (body: Readonly<Record<string, unknown>>): string => String(body['id']);

/** A job without what is its own: the ids of its files. */
function jobOf(row: Readonly<Record<string, unknown>>): unknown {
  return parseJson(
    JSON.stringify(row['payload']).replaceAll(/"artifact_id":"[^"]+"/g, '"artifact_id":""'),
  );
}

describe('a rerun', () => {
  it('has the job of the old task, with values of variables, and its row says from which', async () => {
    const old = await create(gateway, ada, request);
    const answer = await rerun(old.id);
    expect(answer.status).toBe(201);
    const [before, after] = [await stored(old.id), await stored(made(answer.body))];
    expect(jobOf(after)).toEqual(jobOf(before));
    expect(after).toMatchObject({
      prompt: before['prompt'],
      acceptance_criteria: ['it ends'],
      metadata: { rerun_of: old.id, commands: request.commands, use_inference: true },
    });
    const audit = await gateway.db
      .selectFrom('gateway_audit_log')
      .select(['action', 'resource_id', 'details'])
      .where('request_id', '=', answer.headers.get('x-request-id') ?? '')
      .execute();
    expect(audit).toEqual([
      { action: 'task.create', resource_id: made(answer.body), details: { rerun_of: old.id } },
    ]);
    expect(JSON.stringify([answer.body, audit])).not.toContain('canary');
    // Both tasks have it, and it is stored once.
    expect(await files()).toBe(1);
  });

  it('keeps what is not changed', async () => {
    const old = await create(gateway, ada, request);
    const { body } = await rerun(old.id, { env: { B: 'new', C: 'c' }, timeout_seconds: 5 });
    const { payload } = await stored(made(body));
    expect(payload).toMatchObject({
      env: { A: 'canary-a', B: 'new', C: 'c' },
      timeout_seconds: 5,
      image: 'debian:12',
      use_inference: true,
    });
  });

  const gone: readonly (readonly [string, (task: Task) => Promise<unknown>, string])[] = [
    [
      'text',
      ({ id }) =>
        sql`update tasks set prompt = null, metadata = '{}' where id = ${id}`.execute(gateway.db),
      'the text of the task',
    ],
    [
      'job',
      ({ id }) => sql`delete from jobs where task_id = ${id}`.execute(gateway.db),
      'the job of the task',
    ],
    [
      'file',
      () => rm(gateway.artifactDirectory, { recursive: true }),
      'the file "a.txt" of the task',
    ],
  ];

  it.each(gone)('says which %s is gone, and leaves nothing', async (_what, remove, words) => {
    const old = await create(gateway, ada, request);
    await remove(old);
    const before = await files().catch(() => 0);
    const answer = await rerun(old.id);
    expect([answer.status, answer.kind]).toEqual([409, 'conflict']);
    expect(at(answer.body, 'detail')).toBe(
      `${words} is not stored any more; make a new one: cynork task create --help`,
    );
    expect(await files().catch(() => 0)).toBe(before);
  });

  it('says so when the folder is gone, and takes another', async () => {
    const old = await create(gateway, ada, { input_mode: 'commands', commands: ['true'] });
    const folder = `sha256:${'0'.repeat(64)}`;
    await sql`update jobs set payload = payload || jsonb_build_object('folder', ${folder}::text)
               where task_id = ${old.id}`.execute(gateway.db);
    const answer = await rerun(old.id);
    expect([answer.status, answer.kind]).toEqual([409, 'conflict']);
    expect(at(answer.body, 'detail')).toContain('cynork task rerun TASK --dir PATH');
    const other = await rerun(old.id, { folder: `sha256:${'1'.repeat(64)}` });
    expect(at(other.body, 'detail')).toContain('no such folder is stored for you');
  });
});
