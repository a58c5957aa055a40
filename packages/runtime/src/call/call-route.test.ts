import type { RequestListener, ServerResponse } from 'node:http';
import { defineRoute } from '@cynodeai/contracts/common';
import { AnsweringServer, failureOf, json } from '@cynodeai/testing/harness';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { text as bodyOf } from 'node:stream/consumers';
import { Secret } from '../config/secret.ts';
import { CallError } from './call-error.ts';
import { type CallOptions, callRoute } from './call-route.ts';
import { HttpClient } from './http-client.ts';

const access = { auth: 'user', action: 'thing.read', resource: 'thing' } as const;
const base = { ...access, summary: '', errors: [] } as const;
const thing = z.strictObject({ id: z.string(), count: z.int().optional() });
const getThing = defineRoute({
  ...base,
  operation: 'things.get',
  method: 'GET',
  path: '/v1/things/{id}',
  params: z.object({ id: z.string() }),
  query: z.object({ deep: z.string().optional() }),
  success: { 200: { kind: 'json', schema: thing }, 202: { kind: 'empty' } },
});
const putThing = defineRoute({
  ...base,
  operation: 'things.put',
  method: 'PUT',
  path: '/v1/things',
  body: z.object({ text: z.string() }),
  streamed: 'multipart/form-data',
  form: { field: 'thing', files: 'files' },
  success: { 204: { kind: 'empty' } },
});
const upload = defineRoute({
  ...base,
  operation: 'things.upload',
  method: 'PUT',
  path: '/v1/upload',
  streamed: 'application/octet-stream',
  success: { 204: { kind: 'empty' } },
});
const ready = defineRoute({
  ...base,
  operation: 'things.ready',
  method: 'GET',
  path: '/readyz',
  success: { 200: { kind: 'text' }, 503: { kind: 'text' } },
});

let server: AnsweringServer;
let client: HttpClient<'narrow'>;

beforeEach(async () => {
  client = new HttpClient({ lanes: { narrow: 1 } });
  server = await AnsweringServer.start();
});

afterEach(async () => {
  await client.close();
  await server[Symbol.asyncDispose]();
});

const options = (more: Partial<CallOptions> = {}): CallOptions =>
  ({ client, baseUrl: server.url, timeoutMs: 10_000, ...more }) as CallOptions;

const get = (more: Partial<CallOptions> = {}): Promise<{ readonly status: number }> =>
  callRoute(getThing, { params: { id: 'x' } }, options(more));

const failure = (call: Promise<unknown>): Promise<CallError> => failureOf(call, CallError);

describe('a call', () => {
  it('sends what the route says and answers by its schema', async () => {
    server.answer = json(
      200,
      { id: 'x', count: 1, added_later: true },
      { 'x-request-id': 'theirs' },
    );
    const found = await callRoute(
      getThing,
      { params: { id: '../a b' }, query: { deep: 'a&b' } },
      options({ baseUrl: `${server.url}/base/`, bearer: new Secret('t'), requestId: 'r1' }),
    );
    expect(found).toMatchObject({ status: 200, body: { id: 'x', count: 1 }, requestId: 'theirs' });
    if (found.status === 200) expect(found.body.count).toBe(1);
    expect(server.requests[0]?.url).toBe('/base/v1/things/..%2Fa%20b?deep=a%26b');
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer t',
      accept: 'application/json',
      'x-request-id': 'r1',
    });
  });

  it('leaves dots of a parameter as they are and takes a whole address in place of a path', async () => {
    server.answer = json(202, undefined);
    expect(await callRoute(getThing, { params: { id: '..' } }, options())).toMatchObject({
      status: 202,
      body: undefined,
    });
    const elsewhere = { client, url: `${server.url}/other?a=1`, timeoutMs: 10_000 };
    await callRoute(getThing, { params: { id: 'x' } }, elsewhere);
    expect(server.requests.map(({ url }) => url)).toEqual(['/v1/things/%2E%2E', '/other?a=1']);
  });

  it('asks for the token at each call and sends none when there is none', async () => {
    server.answer = json(200, { id: 'x' });
    const tokens = ['a', undefined];
    const bearer = async (): Promise<string | undefined> => tokens.shift();
    await get({ bearer });
    await get({ bearer });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer a',
      undefined,
    ]);
  });

  it('keeps one connection for calls one after another, and lanes limit those at once', async () => {
    server.answer = json(200, { id: 'x' });
    await get();
    await get();
    expect(server.requests[0]?.socket).toBe(server.requests[1]?.socket);
    const held: ServerResponse[] = [];
    const arrived = Promise.withResolvers<void>();
    server.answer = (_request, response) => {
      held.push(response);
      arrived.resolve();
    };
    const narrow = [get({ lane: 'narrow' }), get({ lane: 'narrow' })];
    await arrived.promise;
    server.answer = json(200, { id: 'x' });
    await get();
    expect(held).toHaveLength(1);
    json(200, { id: 'x' })(server.requests[0], held[0] as ServerResponse);
    expect(await Promise.all(narrow)).toMatchObject([{ status: 200 }, { status: 200 }]);
  });

  it('sends small and large JSON, forms and raw content with their lengths', async () => {
    const bodies: string[] = [];
    server.answer = async (request, response) => {
      bodies.push(await bodyOf(request));
      response.writeHead(204).end();
    };
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('raw ');
      yield Buffer.from('bytes');
    }
    const large = { text: 'é'.repeat(200_000) };
    const file = { name: 'a.txt', contentType: 'text/plain', sizeBytes: 9, chunks };
    await callRoute(putThing, { body: { text: 'x' } }, options());
    await callRoute(putThing, { body: large }, options({ stallMs: 10_000 }));
    await callRoute(putThing, { body: { text: 'x' }, files: [file] }, options());
    await callRoute(upload, { content: { chunks: chunks(), sizeBytes: 9 } }, options());
    expect([bodies[0], bodies[1], bodies[3]]).toEqual([
      '{"text":"x"}',
      JSON.stringify(large),
      'raw bytes',
    ]);
    expect(bodies[2]).toMatch(/name="thing".*\{"text":"x"\}.*filename="a.txt".*raw bytes/s);
    for (const [index, { headers }] of server.requests.entries()) {
      expect(headers['content-length']).toBe(String(Buffer.byteLength(bodies[index] ?? '')));
    }
  });

  it('throws what the source of its body throws', async () => {
    server.answer = () => {};
    const broken = new Error('the disk is gone');
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('x');
      throw broken;
    }
    const call = callRoute(upload, { content: { chunks: chunks(), sizeBytes: 9 } }, options());
    await expect(call).rejects.toBe(broken);
  });
});

describe('a refusal', () => {
  it('carries what the problem document says', async () => {
    const errors = [{ field: 'id', message: 'must be short' }];
    const problem = {
      type: 'urn:cynodeai:error:validation',
      title: 'Bad Request',
      status: 400,
      detail: 'the id is too long',
      instance: 'theirs',
      errors,
    };
    server.answer = json(400, problem, { 'retry-after': '7' });
    expect(await failure(get())).toMatchObject({
      code: 'refused',
      status: 400,
      kind: 'validation',
      detail: 'the id is too long',
      errors,
      retryAfterSeconds: 7,
      requestId: 'theirs',
      message: 'answered 400: the id is too long',
      neverSent: false,
    });
  });

  it('without such a document keeps the text for its caller only', async () => {
    server.answer = json(500, { error: 'secret' });
    const error = await failure(get({ requestId: 'mine' }));
    expect(error).toMatchObject({ kind: undefined, detail: undefined, requestId: 'mine' });
    expect(error.text).toBe('{"error":"secret"}');
    expect([error.message, JSON.stringify(error)].join()).not.toContain('secret');
  });

  it('is read up to 64 KiB, also when it never ends', async () => {
    server.answer = (_request, response) => {
      response.writeHead(500);
      response.write(Buffer.alloc(100 * 1024, 'x'));
    };
    const error = await failure(get());
    expect([error.status, error.text.length]).toEqual([500, 64 * 1024]);
  });

  it('is a redirect, which is not followed; a status that the route names is none', async () => {
    server.answer = json(302, {}, { location: '/elsewhere' });
    expect(await failure(get())).toMatchObject({ code: 'refused', status: 302 });
    expect(server.requests).toHaveLength(1);
    server.answer = (_request, response) => void response.writeHead(503).end('not ready');
    expect(await callRoute(ready, {}, options())).toMatchObject({ status: 503, body: 'not ready' });
  });
});

describe('a bad answer', () => {
  const cut: RequestListener = (_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"id":', () => response.destroy());
  };
  it.each<readonly [string, RequestListener, object]>([
    ['another shape', json(200, { id: 5 }), { code: 'bad_answer', field: 'id', status: 200 }],
    ['no object', json(200, []), { code: 'bad_answer', field: '' }],
    [
      'no JSON',
      (_request, response) => void response.end('<html>'),
      { code: 'bad_answer', field: '' },
    ],
    ['nothing', (_request, response) => void response.end(), { code: 'bad_answer' }],
    ['an undeclared success', json(201, { id: 'x' }), { code: 'bad_answer', status: 201 }],
    ['a cut one', cut, { code: 'unreachable', neverSent: false }],
    [
      'no HTTP',
      (_request, response) => void response.socket?.end('nonsense\r\n\r\n'),
      { code: 'unreachable', neverSent: false },
    ],
  ])('is told from a good one: %s', async (_title, reply, error) => {
    server.answer = reply;
    expect(await failure(get())).toMatchObject(error);
  });

  it('is not read beyond its bound', async () => {
    server.answer = json(200, { id: 'x'.repeat(1000) });
    expect(await failure(get({ maxBytes: 100 }))).toMatchObject({ code: 'too_large', status: 200 });
    server.answer = json(200, { id: 'x' });
    expect(await get({ maxBytes: 10 })).toMatchObject({ status: 200 });
  });
});

describe('the end of a call', () => {
  it('is its deadline, before and within the answer', async () => {
    server.answer = () => {};
    expect(await failure(get({ timeoutMs: 50 }))).toMatchObject({
      code: 'late',
      reason: 'it took too long to answer',
      neverSent: false,
    });
    server.answer = (_request, response) => void response.writeHead(200).write('{');
    expect(await failure(get({ timeoutMs: 50 }))).toMatchObject({ code: 'late' });
  });

  it('is its deadline also while it waits for a connection', async () => {
    server.answer = () => {};
    const first = failure(get({ lane: 'narrow' }));
    expect(await failure(get({ lane: 'narrow', timeoutMs: 50 }))).toMatchObject({ code: 'late' });
    await client.close();
    expect(await first).toMatchObject({ code: 'unreachable', reason: 'this client was closed' });
    expect(await failure(get())).toMatchObject({ code: 'unreachable' });
  });

  it('is not the 300 s that other clients give a call by themselves', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const arrived = Promise.withResolvers<ServerResponse>();
      server.answer = (_request, response) => arrived.resolve(response);
      const patient = callRoute(ready, {}, { client, baseUrl: server.url, stallMs: 4_230_000 });
      const response = await arrived.promise;
      await vi.advanceTimersByTimeAsync(320_000);
      response.end('late');
      expect(await patient).toMatchObject({ status: 200, body: 'late' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('is a silence where only that is limited', async () => {
    server.answer = (_request, response) => void response.writeHead(200).write('{');
    const call = callRoute(
      getThing,
      { params: { id: 'x' } },
      { client, baseUrl: server.url, stallMs: 50 },
    );
    expect(await failure(call)).toMatchObject({ code: 'late' });
  });

  it('is the reason of its signal', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    server.answer = () => stop.abort(reason);
    await expect(get({ signal: stop.signal })).rejects.toBe(reason);
    await expect(get({ signal: stop.signal })).rejects.toBe(reason);
  });

  it('names a peer that is not there, and that nothing was sent', async () => {
    await server[Symbol.asyncDispose]();
    const error = await failure(get());
    expect(error).toMatchObject({
      code: 'unreachable',
      neverSent: true,
      faultCode: 'ECONNREFUSED',
    });
    expect(error.message).toBe(
      `no answer from ${new URL(server.url).host}: connection refused; is it running?`,
    );
  });
});
