import type { Client } from '@modelcontextprotocol/client';
import { uuidv7 } from '@cynodeai/runtime/std';
import { sql } from 'kysely';
import { Client as Listener } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { postgresJobEnds } from '../../src/adapters/postgres/jobs/complete-jobs.ts';
import { type Envelope, callTool, connect } from './support/client.ts';
import {
  type TestMcpGateway,
  type TestWork,
  addUser,
  addWork,
  agentsOf,
  openContext,
  startTestMcpGateway,
} from './support/gateway.ts';

interface StoredJob {
  readonly id: string;
  readonly status: string;
  readonly payload: Record<string, unknown> & {
    readonly input_files?: readonly { readonly path: string; readonly mode: string }[];
  };
}

let gateway: TestMcpGateway;
let ada: string;
let work: TestWork;
let manager: Client;
beforeAll(async () => {
  gateway = await startTestMcpGateway();
  ada = await addUser(gateway, 'ada');
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});
beforeEach(async () => {
  work = await addWork(gateway, ada);
  const { project_manager: key } = await agentsOf(gateway, work);
  manager = await connect(gateway, key);
  return () => manager.close();
});

const run = (args: Record<string, unknown>): Promise<Envelope> =>
  callTool(manager, 'job.run', { task_id: work.taskId, kind: 'sandbox', ...args });

async function jobs(): Promise<readonly StoredJob[]> {
  const { rows } = await sql<StoredJob>`
    select id, status, payload from jobs where task_id = ${work.taskId}::uuid and id <> ${work.jobId}::uuid
     order by created_at, id`.execute(gateway.db);
  return rows;
}

let files = 0;

async function addFile(path: string, sizeBytes = 1): Promise<void> {
  files += 1;
  await sql`
    insert into task_artifacts (id, task_id, path, storage_ref, size_bytes, checksum_sha256, updated_at)
    values (${uuidv7()}::uuid, ${work.taskId}::uuid, ${path}, ${`sha256:${path}`}, ${sizeBytes}, ${'0'.repeat(64)},
            now() + ${files} * interval '1 second')`.execute(gateway.db);
}

describe('a job that an agent runs', () => {
  it('is queued once, however often it is asked for; another one of that id is refused', async () => {
    const jobId = uuidv7();
    const asked = { job_id: jobId, command: ['wc', '-w', 'upload/a'], timeout_seconds: 60 };
    const answers = await Promise.all([run(asked), run(asked), run(asked)]);
    for (const { result } of answers) expect(result).toEqual({ job_id: jobId, status: 'queued' });
    await addFile('later.txt');
    expect((await run(asked)).result).toEqual({ job_id: jobId, status: 'queued' });
    expect((await run({ ...asked, timeout_seconds: 61 })).error?.type).toBe('conflict');
    expect((await run({ ...asked, job_id: work.jobId })).error?.type).toBe('conflict');
    expect(await jobs()).toMatchObject([
      {
        id: jobId,
        payload: { kind: 'sandbox', command: asked.command, network_policy: 'restricted' },
      },
    ]);
  });

  it('has the files of its task: those it names first, then what the user sent, then the newest', async () => {
    await addFile('old.txt');
    await addFile('report.md');
    await addFile('upload/a.txt');
    for (let index = 0; index < 62; index += 1) await addFile(`many/${index}`);
    await run({ command: ['true'], attachments: ['old.txt'] });
    const [job] = await jobs();
    const files = job?.payload.input_files ?? [];
    expect(files).toHaveLength(64);
    expect(files.slice(0, 3)).toMatchObject([
      { path: 'artifacts/old.txt', mode: '0444' },
      { path: 'upload/a.txt', mode: '0644' },
      { path: 'artifacts/many/61', mode: '0444' },
    ]);
    expect(job?.payload['dispatch']).toEqual({ left_out: ['report.md'] });
    const none = await run({ command: ['true'], attachments: ['none.txt'] });
    expect(none.error).toMatchObject({ type: 'invalid_arguments' });
  });

  it.each([
    [{ kind: 'sandbox' }, 'needs command'],
    [{ kind: 'inference' }, 'needs messages'],
    [{ kind: 'inference', command: ['x'] }, 'needs messages'],
    [{ command: ['x'], messages: [{ role: 'user', content: 'x' }] }, 'is not for jobs'],
    [{ command: [''] }, 'must not be empty'],
    [{ command: ['x'], env: { '1A': 'x' } }, ''],
    [{ command: ['x'], image_ref: 'NOT AN IMAGE' }, 'image'],
    [{ command: ['x'.repeat(200_000)] }, 'bytes'],
    [{ command: ['x'], timeout_seconds: 10_801 }, 'timeout_seconds'],
  ])('is refused as %o', async (args, words) => {
    const { error } = await run(args);
    expect(error?.type).toBe('invalid_arguments');
    expect(error?.message).toContain(words);
    expect(await jobs()).toEqual([]);
  });

  it('is refused once its task has ended, or has had as many jobs as it may', async () => {
    await sql`
      insert into system_settings (key, value, value_type, updated_by)
      values ('workflow.max_jobs_per_task', '2', 'number', 'test')`.execute(gateway.db);
    expect((await run({ command: ['true'] })).status).toBe('success');
    expect((await run({ command: ['true'] })).error?.type).toBe('quota_exceeded');
    await sql`delete from system_settings`.execute(gateway.db);
    await sql`update tasks set status = 'canceled', closed = true, ended_at = now() where id = ${work.taskId}::uuid`.execute(
      gateway.db,
    );
    expect((await run({ command: ['true'] })).error).toMatchObject({
      type: 'conflict',
      message: 'the task has ended: it is canceled',
    });
  });

  it('does not end a task that has a workflow, and ends one that has none', async () => {
    const end = async () => {
      const jobId = uuidv7();
      const leaseId = uuidv7();
      await run({ command: ['true'], job_id: jobId });
      await sql`
        update jobs set status = 'running', lease_id = ${leaseId}::uuid where id = ${jobId}::uuid`.execute(
        gateway.db,
      );
      const { taskId } = work;
      const ended = {
        taskId,
        jobId,
        leaseId,
        status: 'completed',
        summary: 'done',
        logs: [],
      } as const;
      const result = {
        status: 'failed',
        error_type: 'x',
        error_message: 'x',
        stdout: '',
        stderr: '',
      };
      await postgresJobEnds(gateway.db).complete([
        { ...ended, result: { ...result, status: 'failed' } },
      ]);
      const { rows } = await sql<{ readonly task: string; readonly job: string }>`
        select t.status as task, j.status as job from tasks t join jobs j on j.task_id = t.id
         where j.id = ${jobId}::uuid`.execute(gateway.db);
      return rows[0];
    };
    await sql`
      update tasks set metadata = '{"workflow": {"requested_at": "2026-12-01T00:00:00Z"}}'
       where id = ${work.taskId}::uuid`.execute(gateway.db);
    expect(await end()).toEqual({ task: 'running', job: 'completed' });
    await sql`update tasks set metadata = '{}' where id = ${work.taskId}::uuid`.execute(gateway.db);
    expect(await end()).toEqual({ task: 'completed', job: 'completed' });
  });

  it('keeps why it was canceled first', async () => {
    const { taskId: task_id, jobId: job_id } = work;
    for (const reason of ['not needed', 'another']) {
      const { result } = await callTool(manager, 'job.cancel', { task_id, job_id, reason });
      expect(result).toEqual({ status: 'canceled' });
    }
    const { result } = await callTool(manager, 'db.job.get', { job_id });
    expect(result).toMatchObject({
      job: { payload: { kind: 'inference', dispatch: { cancel_reason: 'not needed' } } },
    });
  });

  it('is made by the chat of a user for a task of that user alone', async () => {
    const eve = await addUser(gateway, `eve-${uuidv7().slice(-6)}`);
    const { project_manager: key } = await agentsOf(gateway, work);
    const contextId = await openContext(gateway, { userId: eve });
    const chat = await connect(gateway, { token: key.token, contextId });
    const args = { task_id: work.taskId, kind: 'sandbox', command: ['true'] };
    expect((await callTool(chat, 'job.run', args)).error?.type).toBe('context_mismatch');
    await chat.close();
    expect(await jobs()).toEqual([]);
  });
});

describe('a workflow that an agent starts', () => {
  it('is asked for once, for a task in plain words, until somebody runs it', async () => {
    const { taskId: task_id } = work;
    const start = (): Promise<Envelope> => callTool(manager, 'workflow.start', { task_id });
    const asked = async () => {
      const { rows } = await sql<{ readonly workflow: unknown }>`
        select metadata -> 'workflow' as workflow from tasks where id = ${task_id}::uuid`.execute(
        gateway.db,
      );
      return rows[0]?.workflow ?? undefined;
    };
    const listener = new Listener({ connectionString: gateway.databaseUrl });
    const heard: (string | undefined)[] = [];
    listener.on('notification', ({ payload }) => heard.push(payload));
    await listener.connect();
    await listener.query('listen cynode_workflows');
    await sql`update tasks set input_mode = 'script' where id = ${task_id}::uuid`.execute(
      gateway.db,
    );
    expect((await start()).error).toMatchObject({ type: 'conflict' });
    expect(await asked()).toBeUndefined();
    await sql`
      update tasks set input_mode = 'prompt', metadata = '{"workflow": {"stalled_takeovers": 2}}'
       where id = ${task_id}::uuid`.execute(gateway.db);
    expect((await start()).result).toEqual({ status: 'requested' });
    const first = await asked();
    expect(first).toEqual({
      requested_at: gateway.clock.now().toISOString(),
      trigger: 'pm_request',
      stalled_takeovers: 2,
    });
    gateway.clock.advance(1000);
    expect((await start()).result).toEqual({ status: 'requested' });
    expect(await asked()).toEqual(first);
    await sql`
      insert into task_workflow_leases (task_id, lease_id, holder_id, expires_at)
      values (${task_id}::uuid, ${uuidv7()}::uuid, 'runner', now() + interval '1 hour')`.execute(
      gateway.db,
    );
    expect((await start()).result).toEqual({ status: 'already_running' });
    await sql`update task_workflow_leases set expires_at = now() - interval '1 s'`.execute(
      gateway.db,
    );
    expect((await start()).result).toEqual({ status: 'requested' });
    await sql`update tasks set status = 'completed', closed = true, ended_at = now() where id = ${task_id}::uuid`.execute(
      gateway.db,
    );
    expect((await start()).error).toMatchObject({
      type: 'conflict',
      message: 'the task has ended: it is completed',
    });
    // What was told before is heard before the answer to another query.
    await listener.query('select 1');
    await listener.end();
    expect(heard).toEqual([task_id, task_id, task_id]);
  });
});

describe('models', () => {
  it('are told with the nodes that have them now', async () => {
    await sql`
      with node as (insert into nodes (node_slug, status) values ('one', 'active') returning id),
           model as (insert into models (name, updated_by) values ('qwen', 'test') returning id),
           made as (insert into model_versions (model_id, version, capabilities)
             select id, version, '{"tools": true}' from model, unnest(array['4b', '8b']) version returning id, version)
      insert into node_model_availability (node_id, model_version_id, status, last_checked_at)
      select n.id, made.id, case version when '8b' then 'available' else 'evicted' end, now() from node n, made`.execute(
      gateway.db,
    );
    const { models } = (await callTool(manager, 'model.list', {})).result ?? {};
    const qwen = { name: 'qwen', capabilities: { tools: true } };
    expect(models).toMatchObject([
      { ...qwen, version: '4b', available_on: [] },
      { ...qwen, version: '8b', available_on: ['one'] },
    ]);
    const [, model] = models as { readonly model_id: string }[];
    const get = (model_id = model?.model_id) => callTool(manager, 'model.get', { model_id });
    expect((await get()).result).toEqual({ model });
    expect((await get(uuidv7())).error?.type).toBe('not_found');
  });
});

describe('images that are allowed', () => {
  const add = (image_ref: string, name?: string) =>
    callTool(manager, 'sandbox.allowed_images.add', { image_ref, name });
  const list = async (page: Record<string, unknown> = {}) =>
    (await callTool(manager, 'sandbox.allowed_images.list', page)).result;
  const setTo = (value: boolean) =>
    sql`
      insert into system_settings (key, value, value_type, updated_by)
      values ('agents.project_manager.sandbox.allow_add_to_allowed_images', ${String(value)}::jsonb, 'boolean', 'test')
      on conflict (key) do update set value = excluded.value`.execute(gateway.db);

  it('are put on the list while a setting lets agents do so, each once', async () => {
    expect((await add('bash')).error?.type).toBe('setting_disabled');
    await setTo(false);
    expect((await add('bash')).error?.type).toBe('setting_disabled');
    expect(await list()).toEqual({ images: [], next_cursor: null });
    await setTo(true);
    const digest = `sha256:${'a'.repeat(64)}`;
    const bash = {
      name: 'docker.io/library/bash',
      version: 'latest',
      image_ref: 'docker.io/library/bash:latest',
      image_digest: null,
      capabilities: {},
    };
    const pinned = {
      ...bash,
      name: 'tools',
      version: digest,
      image_ref: `r.example:5000/t@${digest}`,
      image_digest: digest,
    };
    for (const ref of ['bash', bash.image_ref]) {
      expect((await add(ref, ref === 'bash' ? undefined : 'other')).result).toEqual({
        image: bash,
      });
    }
    expect((await add(`r.example:5000/t:1@${digest}`, 'tools')).result).toEqual({ image: pinned });
    expect((await add(`r.example:5000/other@${digest}`, 'tools')).error?.type).toBe('conflict');
    expect((await add('Not An Image')).error?.type).toBe('invalid_arguments');
    const first = await list({ limit: 1 });
    expect(first?.['images']).toEqual([bash]);
    const rest = await list({ cursor: first?.['next_cursor'] });
    expect(rest).toEqual({ images: [pinned], next_cursor: null });
    await sql`update sandbox_image_versions set is_allowed = false`.execute(gateway.db);
    expect(await list()).toEqual({ images: [], next_cursor: null });
    expect((await add('bash')).result).toEqual({ image: bash });
    await sql`delete from system_settings`.execute(gateway.db);
  });
});
