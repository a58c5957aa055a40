import { tokenResponseSchema } from '@cynodeai/contracts/gateway';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeDisk } from '../support/fake-disk.ts';
import { as } from './support/admin.ts';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { call } from './support/http.ts';
import { endJob, startJob } from './support/jobs.ts';
import { base64, cancel, create, get, tryCreate } from './support/tasks.ts';
import { type TestUser, addUser, bindRole, setPassword } from './support/users.ts';

const password = 'correct horse battery';
const disk = new FakeDisk();

let gateway: TestGateway;
let ada: TestUser;
let root: TestUser;
beforeAll(async () => {
  gateway = await startTestGateway({ disk });
  ada = await addUser(gateway, 'ada');
  await setPassword(gateway, ada.id, password);
  root = await addUser(gateway, 'root');
  await bindRole(gateway, { type: 'user', id: root.id }, 'owner');
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => (disk.share = 0.5));

const commands = { input_mode: 'commands' as const, commands: ['true'] };
const withFile = { ...commands, attachments: [{ name: 'a', content_base64: base64('a') }] };

async function files(): Promise<number> {
  const entries = await readdir(gateway.artifactDirectory, {
    recursive: true,
    withFileTypes: true,
  }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).length;
}

function sendForm() {
  const form = new FormData();
  form.append('task', JSON.stringify(commands));
  form.append('attachments', new Blob(['abc']), 'a.txt');
  return fetch(`${gateway.url}/v1/tasks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ada.token}` },
    body: form,
  });
}

describe('a disk that is nearly full', () => {
  it('takes no new task, says why and what to do, and keeps nothing of it', async () => {
    const before = await files();
    disk.share = 0.957;
    for (const body of [commands, withFile, { prompt: 'hello' }]) {
      const answer = await tryCreate(gateway, ada, body);
      expect([answer.status, answer.kind]).toEqual([507, 'insufficient_storage']);
      expect(answer.body['detail']).toContain('95 % full');
      expect(answer.body['detail']).toContain('cynode prune --older-than');
    }
    const form = await sendForm();
    expect(form.status).toBe(507);
    expect(await form.json()).toMatchObject({ type: 'urn:cynodeai:error:insufficient_storage' });
    expect(await files()).toBe(before);
    disk.share = 0.949;
    expect((await tryCreate(gateway, ada, withFile)).status).toBe(201);
    expect((await sendForm()).status).toBe(201);
  });

  it('is no reason to refuse one when nobody can tell', async () => {
    disk.share = undefined;
    expect((await tryCreate(gateway, ada, commands)).status).toBe(201);
  });

  it('lets what runs end with its result, and everything else work', async () => {
    const running = await create(gateway, ada, commands);
    const queued = await create(gateway, ada, commands);
    const jobId = await startJob(gateway, running.id);
    disk.share = 1;
    await endJob(gateway, running.id, jobId, { stdout: 'done', exitCode: 0 });
    const result = await get(gateway, ada, `/v1/tasks/${running.id}/result`);
    expect(result.body).toMatchObject({ status: 'completed', stdout: 'done' });
    expect((await cancel(gateway, ada, queued.id)).status).toBe(200);
    const login = await call(gateway.url, 'POST', '/v1/auth/login', {
      json: { handle: 'ada', password },
    });
    const { refresh_token } = tokenResponseSchema.parse(login.body);
    const refreshed = await call(gateway.url, 'POST', '/v1/auth/refresh', {
      json: { refresh_token },
    });
    expect(refreshed.status).toBe(200);
    expect((await get(gateway, ada, '/v1/tasks')).status).toBe(200);
    const setting = await as(gateway, root, 'PUT', '/v1/settings/retention.tasks_days', {
      value: 30,
    });
    expect(setting.status).toBe(201);
    gateway.clock.advance(1000);
    const pruned = await as(gateway, root, 'POST', '/v1/tasks/prune', { older_than_seconds: 0 });
    expect(pruned.status).toBe(200);
  });

  it('still tells the answer of a task that was made before', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await tryCreate(gateway, ada, commands, headers);
    disk.share = 0.99;
    expect(await tryCreate(gateway, ada, commands, headers)).toMatchObject({
      status: 201,
      body: first.body,
    });
    const other = { 'idempotency-key': 'another' };
    expect((await tryCreate(gateway, ada, commands, other)).status).toBe(507);
    disk.share = 0.5;
    expect((await tryCreate(gateway, ada, commands, other)).status).toBe(201);
  });
});
