import { taskSchema } from '@cynodeai/contracts/gateway';
import { waitFor } from '@cynodeai/testing';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { download, file, form, formType, task } from './support/forms.ts';
import { type Answer, call } from './support/http.ts';
import { type TestUser, addUser } from './support/users.ts';

const mib = 1024 * 1024;
const boundary = 'test-boundary';

let gateway: TestGateway;
let ada: TestUser;

beforeAll(async () => {
  gateway = await startTestGateway();
  ada = await addUser(gateway, 'ada');
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** Files below the folder of blobs, finished or not. */
async function stored(): Promise<string[]> {
  const entries = await readdir(gateway.artifactDirectory, {
    recursive: true,
    withFileTypes: true,
  }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function send(
  body: Uint8Array | ReadableStream,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return call(gateway.url, 'POST', '/v1/tasks', {
    token: ada.token,
    raw: body,
    headers: { 'content-type': formType, ...headers },
  });
}

/** The bytes without a length header, in pieces. */
function inPieces(bytes: Uint8Array): ReadableStream {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at + 65_536));
      at += 65_536;
    },
  });
}

describe('a task with files (REQ-ORCHES-0126)', () => {
  it.each(['with a length', 'chunked'])('keeps each byte for byte, sent %s', async (how) => {
    const big = randomBytes(10 * mib);
    const json = { input_mode: 'commands', commands: ['sha256sum upload/*'] };
    const body = form([
      task(json),
      file('big.bin', big, 'application/octet-stream'),
      file('ünï ¢ode.txt', 'héllo', 'text/plain; charset=utf-8'),
      file('empty', ''),
    ]);
    const answer = await send(how === 'chunked' ? inPieces(body) : body);
    expect(answer.status, answer.text).toBe(201);
    const created = taskSchema.parse(answer.body);
    expect(answer.headers.get('location')).toBe(`/v1/tasks/${created.id}`);
    expect(created.attachments).toMatchObject([
      { name: 'big.bin', size_bytes: 10 * mib, content_type: 'application/octet-stream' },
      { name: 'empty', size_bytes: 0 },
      { name: 'ünï ¢ode.txt', size_bytes: 6, content_type: 'text/plain; charset=utf-8' },
    ]);
    const rows = await gateway.db
      .selectFrom('task_artifacts')
      .selectAll()
      .where('task_id', '=', created.id)
      .orderBy('size_bytes', 'desc')
      .execute();
    expect(rows.map((row) => row.path)).toEqual([
      'upload/big.bin',
      'upload/ünï ¢ode.txt',
      'upload/empty',
    ]);
    expect(rows[0]?.checksum_sha256).toBe(sha256(big));
    const bytes = await download(gateway, ada, created.id, rows[0]?.id ?? '');
    expect(sha256(Buffer.from(await bytes.arrayBuffer()))).toBe(sha256(big));
  });

  it('takes 16 of 10 MiB without holding them in memory', async () => {
    const content = randomBytes(10 * mib);
    const source = async function* (): AsyncGenerator<Uint8Array> {
      const head = form([task({ input_mode: 'commands', commands: ['true'] })], '');
      yield head;
      for (let n = 0; n < 16; n += 1) {
        yield form([file(`f${n}`, '')], '').subarray(0, -2);
        yield content;
        yield Buffer.from('\r\n');
      }
      yield Buffer.from(`--${boundary}--\r\n`);
    };
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
    const answer = await send(ReadableStream.from(source()));
    clearInterval(watch);
    expect(answer.status, answer.text).toBe(201);
    expect(taskSchema.parse(answer.body).attachments).toHaveLength(16);
    expect((most - before) / mib).toBeLessThan(120);
  });

  const sixteen = Array.from({ length: 16 }, (_, n) => file(`f${n}`));

  it.each<[string, number, string, () => Uint8Array]>([
    [
      'a file of 10 MiB and a byte',
      413,
      'payload_too_large',
      () => form([task(), file('a', Buffer.alloc(10 * mib + 1))]),
    ],
    ['17 files', 400, 'validation', () => form([task(), ...sixteen, file('one-more')])],
    [
      '17 files, some inside the JSON',
      400,
      'validation',
      () =>
        form([
          task({ prompt: 'x', attachments: [{ name: 'in', content_base64: '' }] }),
          ...sixteen,
        ]),
    ],
    ['two files of one name', 400, 'validation', () => form([task(), file('a'), file('a')])],
    [
      'a name that is inside the JSON too',
      400,
      'validation',
      () =>
        form([task({ prompt: 'x', attachments: [{ name: 'a', content_base64: '' }] }), file('a')]),
    ],
    ['a climbing name', 400, 'validation', () => form([task(), file('ok'), file('../x')])],
    ['a path as name', 400, 'validation', () => form([task(), file('a/b')])],
    ['a backslash in a name', 400, 'validation', () => form([task(), file(String.raw`a\\b`)])],
    ['two dots', 400, 'validation', () => form([task(), file('..')])],
    ['a leading dot', 400, 'validation', () => form([task(), file('.profile')])],
    ['a NUL in a name', 400, 'validation', () => form([task(), file('a\0b')])],
    ['a name of 256 bytes', 400, 'validation', () => form([task(), file('ü'.repeat(128))])],
    ['an empty name', 400, 'validation', () => form([task(), file('')])],
    [
      'a file without a name',
      400,
      'validation',
      () => form([task(), { name: 'attachments', bytes: 'x' }]),
    ],
    [
      'an endless content type',
      400,
      'validation',
      () => form([task(), file('a', 'x', `a/${'b'.repeat(300)}`)]),
    ],
    ['no task', 400, 'validation', () => form([file('a')])],
    ['no part at all', 400, 'validation', () => form([])],
    ['the task behind a file', 400, 'validation', () => form([file('a'), task()])],
    ['two tasks', 400, 'validation', () => form([task(), file('a'), task()])],
    [
      'an unknown part',
      400,
      'validation',
      () => form([task(), file('a'), { name: 'other', bytes: '' }]),
    ],
    [
      'a task that is no JSON',
      400,
      'validation',
      () => form([{ name: 'task', bytes: '{' }, file('a')]),
    ],
    [
      'a task that is no UTF-8',
      400,
      'validation',
      () => form([{ name: 'task', bytes: new Uint8Array([0xff]) }]),
    ],
    [
      'a task with an unknown field',
      400,
      'validation',
      () => form([task({ prompt: 'x', nonsense: 1 }), file('a')]),
    ],
    [
      'a task that reaches for a prototype',
      400,
      'validation',
      () => form([{ name: 'task', bytes: '{"prompt":"x","__proto__":{"a":1}}' }]),
    ],
    ['a blank prompt', 400, 'validation', () => form([task({ prompt: ' ' }), file('a')])],
    [
      'a task of another type',
      415,
      'unsupported_media_type',
      () => form([{ ...task(), type: 'text/xml' }]),
    ],
    [
      'a task larger than a body may be',
      413,
      'payload_too_large',
      () => form([task({ prompt: 'x'.repeat(10 * mib) }), file('a')]),
    ],
    [
      'a prompt over 1 MiB',
      413,
      'payload_too_large',
      () => form([task({ prompt: 'x'.repeat(mib + 1) }), file('a')]),
    ],
    ['no end', 400, 'validation', () => form([task(), file('a')], '')],
    [
      'an end inside a file',
      400,
      'validation',
      () => form([task(), file('a', 'x'.repeat(1000))]).subarray(0, -300),
    ],
    [
      'another boundary than it says',
      400,
      'validation',
      () => Buffer.from(form([task()]).toString().replaceAll(boundary, 'wrong')),
    ],
  ])('is refused with %s, and nothing is left behind', async (_what, status, kind, body) => {
    const before = await stored();
    const tasksBefore = await countTasks();
    for (const sent of [body(), inPieces(body())]) {
      const answer = await send(sent);
      expect([answer.status, answer.kind], answer.text).toEqual([status, kind]);
    }
    expect(await stored()).toEqual(before);
    expect(await countTasks()).toBe(tasksBefore);
  });

  it('is refused beyond 165 MiB in all, by its length and by counting', async () => {
    const before = await stored();
    const filler = async function* (): AsyncGenerator<Uint8Array> {
      yield form([task()], '');
      const piece = Buffer.alloc(mib);
      for (let n = 0; n < 17; n += 1) {
        yield form([file(`f${n}`, '')], '').subarray(0, -2);
        for (let m = 0; m < 10; m += 1) yield piece;
        yield Buffer.from('\r\n');
      }
    };
    const counted = await send(ReadableStream.from(filler()));
    expect([400, 413]).toContain(counted.status);
    const told = await raw(
      `POST /v1/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada.token}\r\nContent-Type: ${formType}\r\nContent-Length: ${165 * mib + 1}\r\n\r\n`,
    );
    expect(told).toMatch(/^HTTP\/1\.1 413 /);
    expect(await stored()).toEqual(before);
  });

  it.concurrent.each([
    ['a prompt that is too long', () => form([task({ prompt: 'x'.repeat(mib + 1) }), file('a')])],
    [
      'a prompt that is too long, and files that nobody reads',
      () => form([task({ prompt: 'x'.repeat(mib + 1) }), file('a', Buffer.alloc(9 * mib))]),
    ],
  ])('is refused with %s, and its connection is kept for the next request', async (_how, make) => {
    const body = make();
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    await once(socket, 'connect');
    socket.write(
      `POST /v1/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada.token}\r\nContent-Type: ${formType}\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    socket.write(body);
    await waitFor(() => answer.startsWith('HTTP/1.1 4'));
    // Longer than a sender that has fallen silent is waited for.
    await delay(7000);
    expect(socket.readyState).toBe('open');
    socket.destroy();
  });

  it('leaves nothing behind when the client vanishes in the middle', async () => {
    const before = await stored();
    const body = form([task(), file('first', 'done'), file('second', Buffer.alloc(mib))]);
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST /v1/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada.token}\r\nContent-Type: ${formType}\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    socket.write(body.subarray(0, body.length - 1000));
    const added = async () => (await stored()).filter((name) => !before.includes(name)).length;
    try {
      await waitFor(async () => (await added()) === 2);
    } finally {
      socket.destroy();
    }
    await waitFor(async () => (await added()) === 0);
  });

  it('is refused without a token before its body is read', async () => {
    const answer = await call(gateway.url, 'POST', '/v1/tasks', {
      raw: form([task(), file('a')]),
      headers: { 'content-type': formType },
    });
    expect(answer.status).toBe(401);
  });

  it('is created once per Idempotency-Key; the key covers task, names, types and contents', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = form([task({ prompt: 'once' }), file('a', 'content', 'text/plain')]);
    const first = await send(body, headers);
    expect(first.status).toBe(201);
    const blobs = await stored();
    const again = await send(inPieces(body), headers);
    expect([again.status, again.body['id']]).toEqual([201, first.body['id']]);
    const others = [
      form([task({ prompt: 'other' }), file('a', 'content', 'text/plain')]),
      form([task({ prompt: 'once' }), file('b', 'content', 'text/plain')]),
      form([task({ prompt: 'once' }), file('a', 'changed', 'text/plain')]),
      form([task({ prompt: 'once' }), file('a', 'content', 'text/html')]),
      form([task({ prompt: 'once' })]),
    ];
    for (const other of others) {
      const answer = await send(other, headers);
      expect([answer.status, answer.kind]).toEqual([409, 'conflict']);
    }
    expect((await stored()).toSorted()).toEqual(blobs.toSorted());
  });

  it('is what FormData of the platform sends', async () => {
    const data = new FormData();
    data.set('task', new Blob([JSON.stringify({ prompt: 'x' })], { type: 'application/json' }));
    data.append('attachments', new Blob(['hello'], { type: 'text/plain' }), 'h.txt');
    const response = await fetch(`${gateway.url}/v1/tasks`, {
      method: 'POST',
      body: data,
      headers: { authorization: `Bearer ${ada.token}` },
    });
    expect(response.status).toBe(201);
    const created = taskSchema.parse(await response.json());
    expect(created.attachments).toMatchObject([{ name: 'h.txt', content_type: 'text/plain' }]);
  });
});

async function countTasks(): Promise<number> {
  const rows = await gateway.db.selectFrom('tasks').select('id').execute();
  return rows.length;
}

/** Everything that comes back for bytes sent as they are. */
async function raw(text: string): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(text);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  await waitFor(() => answer.includes('\r\n\r\n'));
  socket.destroy();
  return answer;
}
