import { taskArtifactListSchema, taskSchema } from '@cynodeai/contracts/gateway';
import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { unpackFiles } from '@cynodeai/runtime/archive';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storedContent } from '../support/stored-content.ts';
import { download, file, form, formType, task } from './support/forms.ts';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { type Answer, call } from './support/http.ts';
import { base64, create, get } from './support/tasks.ts';
import { type TestUser, addUser } from './support/users.ts';

const mib = 1024 * 1024;

let gateway: TestGateway;
let ada: TestUser;

beforeAll(async () => {
  gateway = await startTestGateway();
  ada = await addUser(gateway, 'ada');
});
afterAll(() => gateway[Symbol.asyncDispose]());

function send(raw: Uint8Array): Promise<Answer> {
  const headers = { 'content-type': formType };
  return call(gateway.url, 'POST', '/v1/tasks', { token: ada.token, raw, headers });
}

describe('the files of a task', () => {
  it('are listed newest first, in pages', async () => {
    const files = ['a', 'b', 'c'].map((name) => ({ name, content_base64: base64(name) }));
    const made = await create(gateway, ada, { prompt: 'x', attachments: files });
    const first = taskArtifactListSchema.parse(
      (await get(gateway, ada, `/v1/tasks/${made.task_name}/artifacts?limit=2`)).body,
    );
    expect(first).toMatchObject({ task_id: made.id, task_name: made.task_name });
    expect(first.artifacts).toHaveLength(2);
    const cursor = encodeURIComponent(first.next_cursor ?? '');
    const second = taskArtifactListSchema.parse(
      (await get(gateway, ada, `/v1/tasks/${made.id}/artifacts?limit=2&cursor=${cursor}`)).body,
    );
    expect(second.next_cursor).toBeUndefined();
    const all = [...first.artifacts, ...second.artifacts];
    expect(all.map((one) => one.path).toSorted()).toEqual(['upload/a', 'upload/b', 'upload/c']);
    expect(all[0]).toMatchObject({ content_type: 'application/octet-stream', size_bytes: 1 });
    for (const query of ['limit=0', 'limit=201', 'cursor=forged']) {
      const answer = await get(gateway, ada, `/v1/tasks/${made.id}/artifacts?${query}`);
      expect([query, answer.status]).toEqual([query, 400]);
    }
  });

  it('come with headers that no name or type can break', async () => {
    const body = form([
      task(),
      file(String.raw`q\"u; o=é.html`, '<script>', 'text/html'),
      file('b', 'x', 'not a type'),
    ]);
    const made = taskSchema.parse((await send(body)).body);
    const [plain, hostile] = made.attachments;
    const page = await download(gateway, ada, made.id, hostile?.artifact_id ?? '');
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'content-type': 'text/html',
      'content-length': '8',
      'content-disposition': `attachment; filename="q_u_ o__.html"; filename*=UTF-8''q%22u%3B%20o%3D%C3%A9.html`,
      'x-content-type-options': 'nosniff',
    });
    expect(await page.text()).toBe('<script>');
    const other = await download(gateway, ada, made.id, plain?.artifact_id ?? '');
    expect(other.headers.get('content-type')).toBe('application/octet-stream');
    expect(await other.text()).toBe('x');
  });

  it('are not there for strangers, for other tasks and for nobody (404)', async () => {
    const attachments = [{ name: 'a', content_base64: base64('a') }];
    const made = await create(gateway, ada, { prompt: 'x', attachments });
    const other = await create(gateway, ada, { prompt: 'y' });
    const id = made.attachments[0]?.artifact_id ?? '';
    const eve = await addUser(gateway, 'eve');
    for (const path of [`/v1/tasks/${made.id}/artifacts`, `/v1/tasks/${made.id}/artifacts/${id}`]) {
      const answer = await get(gateway, eve, path);
      expect([answer.status, answer.kind]).toEqual([404, 'not_found']);
    }
    for (const path of [
      `/v1/tasks/${other.id}/artifacts/${id}`,
      `/v1/tasks/${made.id}/artifacts/${randomUUID()}`,
    ]) {
      const answer = await get(gateway, ada, path);
      expect([answer.status, answer.kind]).toEqual([404, 'not_found']);
    }
    const malformed = await get(gateway, ada, `/v1/tasks/${made.id}/artifacts/x`);
    expect(malformed.status).toBe(400);
    expect((await fetch(`${gateway.url}/v1/tasks/${made.id}/artifacts/${id}`)).status).toBe(401);
  });

  it('of an empty file have no bytes, and a reader who leaves holds nothing open', async () => {
    const body = form([task(), file('empty', ''), file('large', Buffer.alloc(10 * mib))]);
    const made = taskSchema.parse((await send(body)).body);
    const [empty, large] = made.attachments;
    const nothing = await download(gateway, ada, made.id, empty?.artifact_id ?? '');
    expect([nothing.headers.get('content-length'), await nothing.text()]).toEqual(['0', '']);
    const started = await download(gateway, ada, made.id, large?.artifact_id ?? '');
    await started.body?.cancel();
    const whole = await download(gateway, ada, made.id, large?.artifact_id ?? '');
    expect((await whole.arrayBuffer()).byteLength).toBe(10 * mib);
  });
});

describe('the archive of a task', () => {
  const archiveOf = (user: TestUser, id: string): Promise<Response> =>
    fetch(`${gateway.url}/v1/tasks/${id}/artifacts:archive`, {
      headers: { authorization: `Bearer ${user.token}` },
    });

  it('holds what its jobs left, by path, and nothing that the user sent', async () => {
    const blobs = storedContent(gateway.db, gateway.artifactDirectory);
    const attachments = [{ name: 'a', content_base64: base64('sent') }];
    const made = await create(gateway, ada, { prompt: 'x', attachments });
    const names = Array.from({ length: 1100 }, (_none, index) => `many/${index}`);
    const { storageRef } = await blobs.write(Buffer.from('one of many'));
    const program = await blobs.write(Buffer.from('run'));
    const row = { task_id: made.id, size_bytes: 11, storage_ref: storageRef };
    await gateway.db
      .insertInto('task_artifacts')
      .values([
        ...names.map((path) => ({ ...row, path })),
        {
          ...row,
          path: 'bin/run',
          storage_ref: program.storageRef,
          size_bytes: 3,
          executable: true,
        },
      ])
      .execute();
    const answer = await archiveOf(ada, made.task_name);
    expect(answer.headers.get('content-type')).toBe('application/x-tar');
    expect(answer.headers.get('content-disposition')).toContain(`filename="${made.task_name}.tar"`);
    const found: string[] = [];
    for await (const file of unpackFiles(answer.body ?? (async function* () {})())) {
      const text = (await buffer(file.chunks)).toString();
      expect([file.name, text, file.executable]).toEqual(
        file.name === 'bin/run' ? ['bin/run', 'run', true] : [file.name, 'one of many', false],
      );
      found.push(file.name);
    }
    expect(found.toSorted()).toEqual([...names, 'bin/run'].toSorted());
    const eve = await addUser(gateway, 'eve-of-archives');
    expect((await archiveOf(eve, made.id)).status).toBe(404);
    const empty = await create(gateway, ada, { prompt: 'y', attachments });
    expect((await (await archiveOf(ada, empty.id)).arrayBuffer()).byteLength).toBe(1024);
  });

  it('breaks off where a file is gone, so that nobody takes it for whole', async () => {
    const blobs = storedContent(gateway.db, gateway.artifactDirectory);
    const made = await create(gateway, ada, { prompt: 'x' });
    const gone = { task_id: made.id, path: 'gone', storage_ref: `file:ab/${randomUUID()}` };
    await gateway.db.insertInto('task_artifacts').values(gone).execute();
    expect((await archiveOf(ada, made.id)).status).toBe(500);
    const { storageRef, sizeBytes } = await blobs.write(Buffer.alloc(2 * mib));
    const before = { ...gone, path: 'before', storage_ref: storageRef, size_bytes: sizeBytes };
    await gateway.db.insertInto('task_artifacts').values(before).execute();
    const answer = await archiveOf(ada, made.id);
    expect(answer.status).toBe(200);
    await expect(answer.arrayBuffer()).rejects.toThrow();
  });
});
