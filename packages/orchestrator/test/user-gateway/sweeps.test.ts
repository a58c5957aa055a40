import { waitFor } from '@cynodeai/testing';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { call } from './support/http.ts';
import { base64, create } from './support/tasks.ts';
import { addUser, setPassword } from './support/users.ts';

const password = 'correct horse battery';
const hourMs = 3_600_000;

let one: TestGateway;
let two: TestGateway;
beforeAll(async () => {
  one = await startTestGateway();
  two = await startTestGateway({ beside: one });
});
afterAll(async () => {
  await two[Symbol.asyncDispose]();
  await one[Symbol.asyncDispose]();
});

async function put(name: string, ageMs: number): Promise<void> {
  const folder = join(one.artifactDirectory, name.slice(0, 2));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), 'x');
  const at = new Date(one.clock.now().getTime() - ageMs);
  await utimes(join(folder, name), at, at);
}

async function files(): Promise<readonly string[]> {
  const entries = await readdir(one.artifactDirectory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('the sweep of blobs', () => {
  const orphan = 'aa000000-0000-4000-8000-000000000001';
  const young = 'aa000000-0000-4000-8000-000000000002';
  const part = 'bb000000-0000-4000-8000-000000000003.part';

  it('removes what no row refers to after an hour, and nothing else, with two gateways on one folder', async () => {
    const user = await addUser(one, 'uploader');
    const attachments = [{ name: 'kept.txt', content_base64: base64('kept') }];
    await create(one, user, { prompt: 'x', attachments });
    const [kept = ''] = await files();
    const others = ['README', 'aa', 'aa000000-0000-4000-8000-00000000000z'];
    for (const name of [orphan, part, ...others]) await put(name, hourMs + 60_000);
    await put(young, hourMs - 60_000);
    await waitFor(async () => !(await files()).some((name) => name === orphan || name === part));
    expect((await files()).toSorted()).toEqual([kept, young, ...others].toSorted());
    one.clock.advance(2 * hourMs);
    await waitFor(async () => !(await files()).includes(young));
    expect(await files()).toContain(kept);
    expect(one.log.text() + two.log.text()).not.toContain('a sweep failed');
  });
});

describe('the sweep of sessions', () => {
  it('forgets sessions past their end, live and revoked, and leaves the others', async () => {
    const user = await addUser(one, 'sleeper');
    await setPassword(one, user.id, password);
    const login = () =>
      call(one.url, 'POST', '/v1/auth/login', { json: { handle: 'sleeper', password } });
    const revoked = await login();
    await call(one.url, 'POST', '/v1/auth/logout', { token: String(revoked.body['access_token']) });
    await login();
    const ids = async (): Promise<readonly string[]> => {
      const rows = await one.db
        .selectFrom('refresh_sessions')
        .select('id')
        .where('user_id', '=', user.id)
        .execute();
      return rows.map((row) => row.id);
    };
    expect(await ids()).toHaveLength(3);
    one.clock.advance(8 * 24 * hourMs);
    await waitFor(async () => (await ids()).length === 1);
    expect(await ids()).toEqual([user.sessionId]);
  });
});

describe('a sweep that fails', () => {
  it('is logged and tried again, and the gateway goes on', async () => {
    await using gateway = await startTestGateway();
    await mkdir(gateway.artifactDirectory, { recursive: true });
    await writeFile(join(gateway.artifactDirectory, 'aa'), 'not a folder');
    await waitFor(() => gateway.log.text().includes('a sweep failed'));
    expect((await call(gateway.url, 'GET', '/healthz')).status).toBe(200);
  });
});
