import { readFile, readdir } from 'node:fs/promises';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { call } from './support/http.ts';
import { base64, create, get, tryCreate } from './support/tasks.ts';
import { type TestUser, addProject, addUser, bindRole } from './support/users.ts';

let gateway: TestGateway;
let ada: TestUser;
let counter = 0;

beforeAll(async () => {
  gateway = await startTestGateway();
  ada = await addUser(gateway, 'ada');
});
afterAll(() => gateway[Symbol.asyncDispose]());

const newUser = (): Promise<TestUser> => addUser(gateway, `user${(counter += 1)}`);

const payloadOf = async (taskId: string) =>
  await gateway.db
    .selectFrom('jobs')
    .select(['payload', 'status'])
    .where('task_id', '=', taskId)
    .execute();

async function blobs(): Promise<string[]> {
  const names = await readdir(gateway.artifactDirectory, {
    recursive: true,
    withFileTypes: true,
  }).catch(() => []);
  return names.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('creating a task', () => {
  it('stores task, job, events and audit row at once and answers without waiting (REQ-ORCHES-0121)', async () => {
    const answer = await tryCreate(gateway, ada, {
      input_mode: 'script',
      prompt: '#!/bin/sh\necho hi',
      task_name: ' My  First Täsk! ',
      acceptance_criteria: ['works'],
    });
    expect(answer.status).toBe(201);
    const id = String(answer.body['id']);
    expect(answer.headers.get('location')).toBe(`/v1/tasks/${id}`);
    expect(answer.body).toMatchObject({
      task_id: id,
      task_name: 'my-first-t-sk',
      status: 'queued',
      input_mode: 'script',
      prompt: '#!/bin/sh\necho hi',
      attachments: [],
    });
    expect(await payloadOf(id)).toEqual([
      {
        status: 'queued',
        payload: {
          kind: 'sandbox',
          input_mode: 'script',
          command: ['/workspace/.cynode/script'],
          network_policy: 'none',
          use_inference: false,
          input_files: [{ path: '.cynode/script', mode: '0755', source: { kind: 'prompt' } }],
        },
      },
    ]);
    const events = await gateway.db
      .selectFrom('task_events')
      .select(['event', 'data'])
      .where('task_id', '=', id)
      .orderBy('seq')
      .execute();
    expect(events.map(({ event, data }) => [event, data['status']])).toEqual([
      ['task.status', 'queued'],
      ['job.status', 'queued'],
    ]);
    const audit = await gateway.db
      .selectFrom('gateway_audit_log')
      .selectAll()
      .where('resource_id', '=', id)
      .execute();
    expect(audit).toEqual([
      expect.objectContaining({
        action: 'task.create',
        decision: 'allow',
        status_code: 201,
        user_id: ada.id,
        scope_type: 'project',
        scope_id: answer.body['project_id'],
        ip_address: '127.0.0.1',
        request_id: answer.headers.get('x-request-id'),
      }),
    ]);
    const again = await get(gateway, ada, `/v1/tasks/${id}`);
    expect(again.body).toEqual(answer.body);
    expect((await get(gateway, ada, '/v1/tasks/my-first-t-sk')).body).toEqual(answer.body);
  });

  it('never gives a prompt to a shell, whatever is asked (REQ-ORCHES-0125)', async () => {
    const task = await create(gateway, ada, {
      prompt: '"; touch pwned; $(id)',
      use_inference: false,
    });
    expect(task.input_mode).toBe('prompt');
    expect((await payloadOf(task.id))[0]?.payload).toEqual({
      kind: 'inference',
      input_mode: 'prompt',
      target: 'local',
    });
    const row = await gateway.db
      .selectFrom('tasks')
      .select(['metadata', 'description'])
      .where('id', '=', task.id)
      .executeTakeFirstOrThrow();
    expect(row).toEqual({
      metadata: { use_inference: true, name_provisional: true },
      description: '"; touch pwned; $(id)',
    });
  });

  it('runs a script without interpreter line by sh and takes commands as list or lines (REQ-ORCHES-0127)', async () => {
    const script = await create(gateway, ada, { input_mode: 'script', prompt: 'echo hi' });
    expect((await payloadOf(script.id))[0]?.payload).toMatchObject({
      command: ['sh', '/workspace/.cynode/script'],
    });
    const listed = await create(gateway, ada, {
      input_mode: 'commands',
      commands: ['echo a', '  ', 'echo "b\nc"'],
      use_inference: true,
    });
    expect(listed.prompt).toBe('echo a\necho "b\nc"');
    expect((await payloadOf(listed.id))[0]?.payload).toMatchObject({
      command: ['sh', '/workspace/.cynode/commands.sh'],
      use_inference: true,
      network_policy: 'none',
    });
    const lines = await create(gateway, ada, {
      input_mode: 'commands',
      prompt: 'echo a\n\necho b',
    });
    const row = await gateway.db
      .selectFrom('tasks')
      .select('metadata')
      .where('id', '=', lines.id)
      .executeTakeFirstOrThrow();
    expect(row.metadata).toMatchObject({ commands: ['echo a', 'echo b'] });
  });

  it.each([
    ['an unknown field', { prompt: 'x', model_override: {} }, 'model_override'],
    ['a blank prompt', { prompt: ' \n\t' }, 'prompt'],
    ['no prompt', {}, 'prompt'],
    ['an unknown mode', { prompt: 'x', input_mode: 'shell' }, 'input_mode'],
    ['prompt and commands', { prompt: 'x', input_mode: 'commands', commands: ['y'] }, 'commands'],
    ['commands in another mode', { commands: ['y'] }, 'commands'],
    ['blank commands', { input_mode: 'commands', commands: [' ', ''] }, 'commands'],
    ['two names', { prompt: 'x', task_name: 'a', name: 'b' }, 'name'],
    [
      '17 attachments',
      {
        prompt: 'x',
        attachments: Array.from({ length: 17 }, (_, n) => ({ name: `f${n}`, content_base64: '' })),
      },
      'attachments',
    ],
    [
      'equal attachment names',
      {
        prompt: 'x',
        attachments: [
          { name: 'a', content_base64: '' },
          { name: 'a', content_base64: '' },
        ],
      },
      'attachments.1.name',
    ],
    ['a path as attachment', { prompt: 'x', attachments: ['/etc/passwd'] }, 'attachments.0'],
    [
      'a path as attachment name',
      { prompt: 'x', attachments: [{ name: '../x', content_base64: '' }] },
      'attachments.0.name',
    ],
    [
      'base64 with faults',
      { prompt: 'x', attachments: [{ name: 'a', content_base64: 'YQ' }] },
      'attachments.0.content_base64',
    ],
    ['U+0000', { prompt: 'a\u0000b' }, 'prompt'],
    ['a lone surrogate', { prompt: 'a\ud800' }, 'prompt'],
    ['a malformed project', { prompt: 'x', project_id: 'No Such!' }, 'project_id'],
    [
      '51 criteria',
      { prompt: 'x', acceptance_criteria: Array.from({ length: 51 }, () => 'y') },
      'acceptance_criteria',
    ],
  ])('refuses %s with 400 that names the field (REQ-STANDS-0106)', async (_what, body, field) => {
    const before = await blobs();
    const answer = await tryCreate(gateway, ada, body);
    expect([answer.status, answer.kind]).toEqual([400, 'validation']);
    expect(JSON.stringify(answer.body['errors'])).toContain(`"field":"${field}"`);
    expect(await blobs()).toEqual(before);
  });

  it.each([
    ['a prompt over 1 MiB', { prompt: 'x'.repeat(1024 * 1024 + 1) }],
    ['a script over 256 KiB', { input_mode: 'script', prompt: 'ü'.repeat(128 * 1024 + 1) }],
    [
      'commands over 64 KiB',
      { input_mode: 'commands', commands: ['x'.repeat(40_000), 'y'.repeat(40_000)] },
    ],
  ])('refuses %s with 413 and leaves nothing behind', async (_what, body) => {
    const before = await blobs();
    const answer = await tryCreate(gateway, ada, body);
    expect([answer.status, answer.kind]).toEqual([413, 'payload_too_large']);
    expect(await blobs()).toEqual(before);
  });

  it('accepts every text up to its limit', async () => {
    await create(gateway, ada, { prompt: 'x'.repeat(1024 * 1024) });
    await create(gateway, ada, { input_mode: 'script', prompt: 'x'.repeat(256 * 1024) });
    await create(gateway, ada, { input_mode: 'commands', prompt: 'x'.repeat(64 * 1024) });
  });

  it('asks for JSON or a form and says so (415)', async () => {
    for (const type of ['application/octet-stream', 'text/plain', 'multipart/mixed; boundary=x']) {
      const response = await fetch(`${gateway.url}/v1/tasks`, {
        method: 'POST',
        body: '{"prompt":"x"}',
        headers: { authorization: `Bearer ${ada.token}`, 'content-type': type },
      });
      expect([type, response.status]).toEqual([type, 415]);
      await response.text();
    }
  });

  it('keeps attachments byte for byte, then the row that names them (REQ-ORCHES-0126)', async () => {
    const bytes = randomBytes(300_000);
    const task = await create(gateway, ada, {
      input_mode: 'commands',
      commands: ['sha256sum upload/*'],
      attachments: [
        { name: 'b.bin', content_type: 'application/octet-stream', content_base64: base64(bytes) },
        { name: 'a.txt', content_base64: base64('hello') },
      ],
    });
    expect(
      task.attachments.map(({ name, size_bytes: size, content_type: type }) => [name, size, type]),
    ).toEqual([
      ['a.txt', 5, undefined],
      ['b.bin', 300_000, 'application/octet-stream'],
    ]);
    const rows = await gateway.db
      .selectFrom('task_artifacts')
      .selectAll()
      .where('task_id', '=', task.id)
      .orderBy('path')
      .execute();
    expect(rows.map((row) => row.path)).toEqual(['upload/a.txt', 'upload/b.bin']);
    expect(rows[1]?.checksum_sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    const stored = await readFile(
      join(gateway.artifactDirectory, rows[1]?.storage_ref.replace('file:', '') ?? ''),
    );
    expect(stored.equals(bytes)).toBe(true);
    const files = (await payloadOf(task.id))[0]?.payload;
    expect(files).toMatchObject({
      input_files: [
        { path: '.cynode/commands.sh' },
        {
          path: 'upload/b.bin',
          mode: '0644',
          source: { kind: 'artifact', artifact_id: rows[1]?.id },
        },
        { path: 'upload/a.txt' },
      ],
    });
  });

  it('removes the blobs of a task that was not stored', async () => {
    const before = await blobs();
    const answer = await tryCreate(gateway, ada, {
      prompt: 'x',
      project_id: 'no-such-project',
      attachments: [{ name: 'a', content_base64: base64('hello') }],
    });
    expect([answer.status, answer.kind]).toEqual([404, 'not_found']);
    expect(await blobs()).toEqual(before);
  });
});

describe('names', () => {
  it('are numbered per creator, also when a hundred come at once', async () => {
    const user = await newUser();
    const tasks = await Promise.all(
      Array.from({ length: 100 }, () =>
        create(gateway, user, { prompt: 'Do it', task_name: 'Do It' }),
      ),
    );
    expect(new Set(tasks.map((task) => task.task_name))).toEqual(
      new Set(['do-it', ...Array.from({ length: 99 }, (_, n) => `do-it-${n + 2}`)]),
    );
    const other = await newUser();
    expect((await create(gateway, other, { prompt: 'x', task_name: 'do-it' })).task_name).toBe(
      'do-it',
    );
  });

  it('come from the words of the prompt, or are just task', async () => {
    const user = await newUser();
    const names = [];
    for (const prompt of ['Count the words in this file, please, now!', '???', '!!!'])
      names.push((await create(gateway, user, { prompt })).task_name);
    expect(names).toEqual(['count-the-words-in-this-file', 'task', 'task-2']);
  });

  it('are never mistaken for ids', async () => {
    const user = await newUser();
    const uuid = 'c56a4180-65aa-42ec-a945-5fd21dec0538';
    const task = await create(gateway, user, { prompt: 'x', task_name: uuid });
    expect(task.task_name).toBe(`task-${uuid}`);
    expect((await get(gateway, user, `/v1/tasks/${uuid}`)).status).toBe(404);
    expect((await get(gateway, user, `/v1/tasks/${uuid.slice(0, -1)}`)).status).toBe(404);
    expect((await get(gateway, user, `/v1/tasks/task-${uuid}`)).status).toBe(200);
  });
});

describe('the project of a task', () => {
  it('is one default project, also for fifty first tasks at once (REQ-PROJCT-0104)', async () => {
    const user = await newUser();
    const tasks = await Promise.all(
      Array.from({ length: 50 }, (_, n) => create(gateway, user, { prompt: `t${n}` })),
    );
    expect(new Set(tasks.map((task) => task.project_id)).size).toBe(1);
    const rows = await gateway.db
      .selectFrom('projects')
      .selectAll()
      .where('owner_user_id', '=', user.id)
      .execute();
    expect(rows).toEqual([
      expect.objectContaining({
        slug: `default-${user.id}`,
        display_name: 'Default Project',
        is_default: true,
        id: tasks[0]?.project_id,
      }),
    ]);
    expect(
      (await call(gateway.url, 'GET', '/v1/users/me', { token: user.token })).body,
    ).toMatchObject({ default_project_id: tasks[0]?.project_id });
  });

  it('is taken by id or slug when the caller may work there, else refused', async () => {
    const user = await newUser();
    const member = await addProject(gateway, 'blue');
    const viewer = await addProject(gateway, 'green');
    const disabled = await addProject(gateway, 'grey', false);
    await addProject(gateway, 'hidden');
    await bindRole(gateway, { type: 'user', id: user.id }, 'member', member);
    await bindRole(gateway, { type: 'user', id: user.id }, 'viewer', viewer);
    await bindRole(gateway, { type: 'user', id: user.id }, 'owner', disabled);
    expect((await create(gateway, user, { prompt: 'x', project_id: 'blue' })).project_id).toBe(
      member,
    );
    expect((await create(gateway, user, { prompt: 'x', project_id: member })).project_id).toBe(
      member,
    );
    const refusals = [];
    for (const project of ['green', 'grey', 'hidden', 'missing'])
      refusals.push((await tryCreate(gateway, user, { prompt: 'x', project_id: project })).status);
    expect(refusals).toEqual([403, 409, 404, 404]);
  });
});
