import type { Client } from '@modelcontextprotocol/client';
import { uuidv7 } from '@cynodeai/runtime/std';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Envelope, callTool, connect } from './support/client.ts';
import {
  type TestMcpGateway,
  type TestWork,
  addUser,
  addWork,
  agentsOf,
  issue,
  openContext,
  startTestMcpGateway,
} from './support/gateway.ts';

describe('what tools do', () => {
  let gateway: TestMcpGateway;
  let ada: string;
  let work: TestWork;
  /** In a chat with ada, and at work for her task. */
  let chat: Client;
  let manager: Client;
  let analyst: Client;
  let sandbox: Client;

  beforeAll(async () => {
    gateway = await startTestMcpGateway();
    ada = await addUser(gateway, 'ada');
    work = await addWork(gateway, ada);
    const agents = await agentsOf(gateway, work);
    manager = await connect(gateway, agents.project_manager);
    analyst = await connect(gateway, agents.project_analyst);
    sandbox = await connect(gateway, agents.sandbox);
    const contextId = await openContext(gateway, { userId: ada });
    chat = await connect(gateway, { token: agents.project_manager.token, contextId });
  });
  afterAll(async () => {
    await Promise.all([chat, manager, analyst, sandbox].map((client) => client.close()));
    await gateway[Symbol.asyncDispose]();
  });

  async function done(
    client: Client,
    name: string,
    args: Record<string, unknown>,
  ): Promise<Record<string, unknown>> {
    const answer = await callTool(client, name, args);
    expect(answer, `${name}: ${answer.error?.message}`).toMatchObject({ status: 'success' });
    return answer.result ?? {};
  }

  const errorOf = async (answer: Promise<Envelope>): Promise<string | undefined> =>
    (await answer).error?.type;

  /** A rule of access about tools. */
  async function rule(effect: 'allow' | 'deny', pattern: string): Promise<void> {
    await sql`
      insert into access_control_rules (subject_type, action, resource_type, resource_pattern, effect, updated_by)
      values ('system', 'mcp.tool.invoke', 'mcp.tool', ${pattern}, ${effect}, 'test')`.execute(
      gateway.db,
    );
  }

  it('makes a task that waits for somebody to begin it, changes it and ends it', async () => {
    const { task } = await done(chat, 'task.create', {
      prompt: 'tidy up',
      task_name: 'Tidy Up',
      description: 'All of it',
      acceptance_criteria: ['it is tidy'],
    });
    const { id, updated_at: updatedAt } = task as { id: string; updated_at: string };
    expect(task).toMatchObject({
      task_name: 'tidy-up',
      status: 'pending',
      description: 'All of it',
    });
    const { jobs } = await done(chat, 'db.job.list', { task_id: id });
    expect(jobs).toEqual([]);
    const again = await done(chat, 'db.task.create', { prompt: 'tidy up', task_name: 'Tidy Up' });
    expect(again).toMatchObject({ task: { task_name: 'tidy-up-2' } });

    const change = { task_id: id, summary: 'begun', metadata_patch: { step: 1 } };
    const changed = await done(chat, 'db.task.update', {
      ...change,
      expected_updated_at: updatedAt,
    });
    expect(changed).toMatchObject({ task: { summary: 'begun', metadata: { step: 1 } } });
    const stale = { ...change, expected_updated_at: updatedAt };
    expect(await errorOf(callTool(chat, 'db.task.update', stale))).toBe('conflict');
    const taken = { task_id: id, task_name: 'tidy up 2', summary: 'lost' };
    expect(await errorOf(callTool(chat, 'db.task.update', taken))).toBe('conflict');
    expect(await done(chat, 'task.get', { task_id: id })).toMatchObject({
      task: { summary: 'begun' },
    });

    const to = (status: string): Promise<Envelope> =>
      callTool(chat, 'db.task.update_status', { task_id: id, status });
    expect(await errorOf(to('completed'))).toBe('invalid_transition');
    expect(await errorOf(to('superseded'))).toBe('invalid_transition');
    expect((await to('running')).result).toMatchObject({
      task: { status: 'running', closed: false },
    });
    expect((await to('completed')).result).toMatchObject({
      task: { status: 'completed', closed: true },
    });
    expect(await errorOf(to('failed'))).toBe('invalid_transition');
    const { rows } = await sql<{ readonly status: string }>`
      select data ->> 'status' as status from task_events where task_id = ${id}::uuid order by seq`.execute(
      gateway.db,
    );
    expect(rows.map(({ status }) => status)).toEqual(['queued', 'running', 'completed']);
  });

  it('lists tasks of the user and of nobody else, page by page', async () => {
    await addWork(gateway, await addUser(gateway, 'bob'));
    const first = await done(chat, 'db.task.list', { limit: 2 });
    const second = await done(chat, 'db.task.list', { limit: 50, cursor: first['next_cursor'] });
    const tasks = [first, second].flatMap((page) => page['tasks'] as { created_by: string }[]);
    expect(tasks).toHaveLength(3);
    expect(new Set(tasks.map((task) => task.created_by))).toEqual(new Set([ada]));
    expect(second['next_cursor']).toBeNull();
    expect(await errorOf(callTool(chat, 'db.task.list', { cursor: 'x' }))).toBe(
      'invalid_arguments',
    );
    expect(await errorOf(callTool(chat, 'db.task.list', { limit: 101 }))).toBe('invalid_arguments');
    expect(await errorOf(callTool(chat, 'db.task.list', { nonsense: 1 }))).toBe(
      'invalid_arguments',
    );
  });

  it('waits for the end of a job, cuts its output, and hides values of variables', async () => {
    const { taskId, jobId } = await addWork(gateway, ada);
    await sql`
      update jobs set payload = payload || '{"env": {"KEY": "hidden"}}'::jsonb where id = ${jobId}::uuid`.execute(
      gateway.db,
    );
    const waiting = done(chat, 'db.job.get', {
      job_id: jobId,
      wait_seconds: 25,
      max_output_bytes: 4,
    });
    await sql`
      update jobs set status = 'completed', result = '{"stdout": "ééé", "stderr": ""}' where id = ${jobId}::uuid`.execute(
      gateway.db,
    );
    await sql`select pg_notify('cynode_task', ${taskId})`.execute(gateway.db);
    expect(await waiting).toMatchObject({
      output_truncated: true,
      job: { status: 'completed', result: { stdout: 'éé' }, payload: { env_names: ['KEY'] } },
    });
    const { job } = await done(chat, 'db.job.get', { job_id: jobId });
    expect(JSON.stringify(job)).not.toContain('hidden');
  });

  it('cancels jobs, and puts those back whose lease ran out', async () => {
    const { taskId, jobId } = await addWork(gateway, ada);
    const to = (status: string): Promise<Envelope> =>
      callTool(chat, 'db.job.update_status', { job_id: jobId, status });
    expect(await errorOf(to('completed'))).toBe('invalid_transition');
    await sql`update jobs set status = 'lease_expired' where id = ${jobId}::uuid`.execute(
      gateway.db,
    );
    expect((await to('queued')).result).toMatchObject({ job: { status: 'queued' } });
    const cancel = { task_id: taskId, job_id: jobId, reason: 'not needed' };
    expect(await done(chat, 'job.cancel', cancel)).toEqual({ status: 'canceled' });
    expect(await done(chat, 'job.cancel', cancel)).toEqual({ status: 'canceled' });
    expect(await errorOf(to('queued'))).toBe('invalid_transition');
  });

  it('keeps what was verified once for a step and an attempt', async () => {
    const { taskId: task_id, jobId: job_id, runId: run_id } = work;
    const judged = { task_id, job_id, run_id, step_index: 3, attempt: 1, status: 'fail' };
    const told = {
      findings: [{ why: 'no file' }],
      recommended_actions: [],
      preferences_applied: [],
    };
    const one = await done(analyst, 'verification.create', { ...judged, ...told });
    const two = await done(analyst, 'verification.create', { ...judged, ...told });
    expect(two).toEqual(one);
    const { verifications } = await done(manager, 'db.verification.list', { task_id });
    expect(verifications).toMatchObject([
      { agent_type: 'project_analyst', status: 'fail', findings: [{ why: 'no file' }] },
    ]);
  });

  it('keeps preferences by scope, with versions, and folds them', async () => {
    const key = 'output.summary_style';
    const value = { key, value: 'concise', value_type: 'string' };
    const onTask = { scope_type: 'task', scope_id: work.taskId };
    const made = await done(manager, 'preference.create', { ...onTask, ...value, reason: 'asked' });
    expect(made).toMatchObject({
      preference: { version: 1, updated_by: `agent:project_manager/user:${ada}` },
    });
    const again = callTool(manager, 'preference.create', { ...onTask, ...value });
    expect(await errorOf(again)).toBe('conflict');
    const update = { ...onTask, ...value, value: 'detailed', expected_version: 1 };
    expect(await done(manager, 'preference.update', update)).toMatchObject({
      preference: { version: 2 },
    });
    expect(await errorOf(callTool(manager, 'preference.update', update))).toBe('conflict');
    const mistyped = { ...onTask, ...value, value: 1, expected_version: 2 };
    expect(await errorOf(callTool(manager, 'preference.update', mistyped))).toBe(
      'invalid_arguments',
    );
    // Outside of tasks a rule has to allow it.
    const onUser = { scope_type: 'user', scope_id: ada, key: 'language.preferred' };
    const own = { ...onUser, value: 'de', value_type: 'string' };
    expect(await errorOf(callTool(manager, 'preference.create', own))).toBe('policy_denied');
    await rule('allow', 'db.preference.*');
    expect(await done(manager, 'preference.create', own)).toMatchObject({
      preference: { version: 1 },
    });
    const theirs = { ...own, scope_id: uuidv7() };
    expect(await errorOf(callTool(manager, 'preference.create', theirs))).toBe('policy_denied');
    const system = { scope_type: 'system', key };
    expect(await errorOf(callTool(manager, 'preference.get', system))).toBe('not_found');
    const both = { scope_type: 'system', scope_id: ada, key };
    expect(await errorOf(callTool(manager, 'preference.get', both))).toBe('invalid_arguments');
    expect(
      await done(analyst, 'preference.effective', { task_id: work.taskId, include_sources: true }),
    ).toMatchObject({
      effective: { [key]: 'detailed', 'language.preferred': 'de' },
      sources: [
        { key: 'language.preferred', scope_type: 'user' },
        { key, scope_type: 'task' },
      ],
      invalid: [],
    });
    const { preferences } = await done(analyst, 'preference.list', onTask);
    expect(preferences).toMatchObject([{ key, value: 'detailed' }]);
    const { preference } = await done(analyst, 'preference.get', { ...onTask, key });
    expect(preference).toMatchObject({ value: 'detailed' });
    expect(await done(manager, 'preference.delete', { ...onTask, key })).toEqual({ deleted: true });
    expect(await errorOf(callTool(manager, 'preference.delete', { ...onTask, key }))).toBe(
      'not_found',
    );
  });

  it('reads settings for every Project Manager, and writes them by a rule with the rights of its user', async () => {
    const root = await addUser(gateway, 'root');
    const roles = await sql<{ readonly id: string }>`
      insert into roles (name) values ('admin') on conflict (name) do update set name = excluded.name returning id`.execute(
      gateway.db,
    );
    await sql`
      insert into role_bindings (subject_type, subject_id, role_id, scope_type, updated_by)
      values ('user', ${root}::uuid, ${roles.rows[0]?.id}::uuid, 'system', 'test')`.execute(
      gateway.db,
    );
    const { token } = await issue(gateway, { agent: 'project_manager', audience: 'mcp' });
    const contextId = await openContext(gateway, { userId: root });
    const admin = await connect(gateway, { token, contextId });
    const nobody = await connect(gateway, { token });
    const value = { key: 'team.greeting', value: 'hello', value_type: 'string' };
    expect(await errorOf(callTool(admin, 'system_setting.create', value))).toBe('policy_denied');
    await rule('allow', 'db.system_setting.*');
    expect(await done(admin, 'system_setting.create', value)).toMatchObject({
      setting: { version: 1 },
    });
    expect(await errorOf(callTool(chat, 'system_setting.update', value))).toBe('policy_denied');
    expect(await errorOf(callTool(admin, 'system_setting.create', value))).toBe('conflict');
    const next = { ...value, value: 'good day', expected_version: 1 };
    expect(await done(admin, 'system_setting.update', next)).toMatchObject({
      setting: { version: 2 },
    });
    expect(await done(nobody, 'system_setting.get', { key: value.key })).toMatchObject({
      setting: { value: 'good day' },
    });
    expect(await done(nobody, 'system_setting.list', { key_prefix: 'team.' })).toMatchObject({
      settings: [{ key: value.key }],
      next_cursor: null,
    });
    expect(await done(admin, 'system_setting.delete', { key: value.key })).toEqual({
      deleted: true,
    });
    expect(await errorOf(callTool(admin, 'system_setting.update', value))).toBe('not_found');
    expect(await errorOf(callTool(nobody, 'system_setting.get', { key: value.key }))).toBe(
      'not_found',
    );
    await admin.close();
    await nobody.close();
  });

  it('shows projects of the user', async () => {
    const { projects } = await done(chat, 'project.list', { q: 'DEFAULT' });
    expect(projects).toMatchObject([{ is_default: true, owner_user_id: ada }]);
    const [{ id }] = projects as [{ id: string }];
    expect(await done(chat, 'project.get', { project_id: id })).toMatchObject({ project: { id } });
    expect(await errorOf(callTool(chat, 'project.get', { slug: 'nowhere' }))).toBe('not_found');
    expect(await errorOf(callTool(chat, 'project.get', {}))).toBe('invalid_arguments');
  });

  it('stores files of a task and gives them back', async () => {
    const { taskId: task_id, jobId: job_id } = work;
    const bytes = Buffer.from([0, 255, 10, 13]);
    const put = {
      task_id,
      job_id,
      path: 'out/a.bin',
      content_bytes_base64: bytes.toString('base64'),
    };
    const made = await done(sandbox, 'artifact.put', put);
    expect(made).toMatchObject({ path: 'out/a.bin', size_bytes: 4, created: true });
    expect(await done(sandbox, 'artifact.put', put)).toMatchObject({ created: false });
    const got = await done(analyst, 'artifact.get', { task_id, path: 'out/a.bin' });
    expect(got).toMatchObject({ content_bytes_base64: put.content_bytes_base64 });
    const { artifacts } = await done(manager, 'artifact.list', { task_id, prefix: 'out/' });
    expect(artifacts).toMatchObject([
      { path: 'out/a.bin', checksum_sha256: got['checksum_sha256'] },
    ]);
    for (const path of ['/etc/passwd', '../x', 'a//b', 'a\\b', '']) {
      expect(await errorOf(callTool(sandbox, 'artifact.put', { ...put, path })), path).toBe(
        'invalid_arguments',
      );
    }
    expect(await errorOf(callTool(analyst, 'artifact.get', { task_id, path: 'no' }))).toBe(
      'not_found',
    );
  });

  it('remembers for a job as much as it may', async () => {
    const job = { task_id: work.taskId, job_id: work.jobId };
    expect(
      await done(sandbox, 'memory.add', { ...job, key: 'a', content: 'é', summary: 's' }),
    ).toEqual({
      key: 'a',
      size_bytes: 2,
    });
    await done(sandbox, 'memory.add', { ...job, key: 'a', content: 'other' });
    expect(await done(sandbox, 'memory.retrieve', { ...job, key: 'a' })).toEqual({
      key: 'a',
      content: 'other',
    });
    expect(await done(sandbox, 'memory.list', job)).toMatchObject({
      entries: [{ key: 'a', size_bytes: 5 }],
    });
    await sql`
      insert into job_memories (job_id, task_id, key, content, size_bytes)
      select ${work.jobId}::uuid, ${work.taskId}::uuid, 'k' || n, 'x', 1 from generate_series(1, 99) n`.execute(
      gateway.db,
    );
    const more = callTool(sandbox, 'memory.add', { ...job, key: 'more', content: 'x' });
    expect(await errorOf(more)).toBe('quota_exceeded');
    expect(await done(sandbox, 'memory.delete', { ...job, key: 'a' })).toEqual({ deleted: true });
    expect(await errorOf(callTool(sandbox, 'memory.retrieve', { ...job, key: 'a' }))).toBe(
      'not_found',
    );
  });

  it('tells of nodes, and of itself', async () => {
    await sql`
      with node as (insert into nodes (node_slug, status) values ('one', 'active') returning id)
      insert into node_capabilities (node_id, reported_at, capability_snapshot)
      select id, now(), '{"platform": {"os": "linux"}, "node": {"labels": ["fast"]}}' from node`.execute(
      gateway.db,
    );
    expect(await done(chat, 'node.list', {})).toMatchObject({
      nodes: [
        { node_slug: 'one', labels: ['fast'], capabilities_summary: { platform: { os: 'linux' } } },
      ],
    });
    expect(await done(chat, 'node.get', { node_slug: 'one' })).toMatchObject({
      node: { node_slug: 'one', capability_report: { platform: { os: 'linux' } } },
    });
    const { content } = await done(sandbox, 'help.get', { task_id: work.taskId });
    expect(content).toContain('`memory.add`');
    expect(content).not.toContain('db.task');
    const page = await done(sandbox, 'help.get', { task_id: work.taskId, topic: 'memory.add' });
    expect(page['content']).toContain('`summary` (may be left out)');
    const foreign = callTool(sandbox, 'help.get', { task_id: work.taskId, topic: 'db.task.get' });
    expect(await errorOf(foreign)).toBe('not_found');
  });

  it('heeds switches and rules within seconds, and the rate of each agent', async () => {
    const get = (): Promise<Envelope> => callTool(manager, 'db.task.get', { task_id: work.taskId });
    await rule('deny', 'db.task.get');
    expect(await errorOf(get())).toBe('policy_denied');
    await sql`delete from access_control_rules where effect = 'deny'`.execute(gateway.db);
    expect((await get()).status).toBe('success');
    await sql`
      insert into system_settings (key, value, value_type, updated_by)
      values ('mcp.tools.disabled', '["db.task.get"]', 'array', 'test'),
             ('mcp.rate.pm_per_minute', '5', 'number', 'test')`.execute(gateway.db);
    gateway.clock.advance(5000);
    expect(await errorOf(get())).toBe('tool_disabled');
    const { tools } = await manager.listTools();
    expect(tools.map(({ name }) => name)).not.toContain('db.task.get');
    gateway.clock.advance(60_000);
    const list = (): Promise<Envelope> =>
      callTool(manager, 'db.job.list', { task_id: work.taskId });
    const types: (string | undefined)[] = [];
    for (let call = 0; call < 7; call += 1) types.push(await errorOf(list()));
    expect(types).toEqual([...Array<undefined>(5).fill(undefined), 'rate_limit', 'rate_limit']);
    gateway.clock.advance(60_000);
    expect((await list()).status).toBe('success');
  });
});
