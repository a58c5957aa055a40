import { defineRoute } from '@cynodeai/contracts/common';
import { once } from 'node:events';
import { connect } from 'node:net';
import { z } from 'zod';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../observe/index.ts';
import { anyone, bindRoute } from './bind-route.ts';
import { bindHealthRoutes } from './health.ts';
import { ProblemError } from './problem-error.ts';
import { type HttpServer, createHttpServer } from './server.ts';

const echo = defineRoute({
  operation: 'test.echo',
  method: 'POST',
  path: '/v1/things/{id}:echo',
  auth: 'worker',
  summary: 'Echo',
  params: z.object({ id: z.string() }),
  body: z.strictObject({ version: z.literal(1), text: z.string() }),
  success: { 200: { kind: 'json', schema: z.object({ id: z.string(), text: z.string() }) } },
  errors: ['validation'],
});

const slow = defineRoute({
  operation: 'test.slow',
  method: 'POST',
  path: '/v1/slow',
  auth: 'worker',
  summary: 'Answer when told',
  success: { 200: { kind: 'text' } },
  errors: [],
});

describe('an HTTP server', () => {
  let server: HttpServer;
  let base: string;

  beforeEach(async () => {
    server = await createHttpServer({ log: silentLog, maxBodyBytes: 2000 });
    bindRoute(server, echo, {
      guard: (request) => {
        if (request.headers['x-refuse'] !== undefined)
          throw new ProblemError('authentication', 'no');
      },
      handle: ({ params, body }) => {
        if (body.text === 'break') throw new Error('secret internals');
        return { status: 200, body: { id: params.id, text: body.text, extra: 1 } as never };
      },
    });
    bindHealthRoutes(server, async () => []);
    base = `http://127.0.0.1:${await server.listen({ host: '127.0.0.1', port: 0 })}`;
  });
  afterEach(() => server.close());

  const post = (
    path: string,
    body: string | ReadableStream,
    headers: Record<string, string> = {},
  ) =>
    fetch(`${base}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
      duplex: 'half',
    });
  const kind = async (response: Response) =>
    ((await response.json()) as { type: string }).type.split(':').at(-1);

  it.each([
    ['a success', '/v1/things/a:echo', '{"version":1,"text":"x"}', 200],
    ['a refusal', '/v1/things/a:echo', '{', 400],
    ['a path that is none', '/v1/nothing', '{}', 404],
    ['a path no router takes', '/%', '{}', 400],
  ])('lets nobody keep or reinterpret %s', async (_what, path, body, status) => {
    const response = await post(path, body);
    expect(response.status).toBe(status);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    await response.body?.cancel();
  });

  it('serves a path with a literal colon and strips undeclared fields of the answer', async () => {
    const response = await post('/v1/things/a%2Fb:echo', '{"version":1,"text":"x"}', {
      'x-request-id': 'abc',
    });
    expect(await response.json()).toEqual({ id: 'a/b', text: 'x' });
    expect(response.headers.get('x-request-id')).toBe('abc');
    expect((await post('/v1/things/aXecho', '{}')).status).toBe(404);
  });

  it.each([
    ['{"version":1,"text":"x","more":1}', 400, 'validation'],
    ['{"version":2,"text":"x"}', 400, 'unsupported_payload_version'],
    ['{"version":1', 400, 'validation'],
    ['', 400, 'validation'],
    ['{"__proto__":{},"version":1,"text":"x"}', 400, 'validation'],
    [`{"version":1,"text":"${'x'.repeat(3000)}"}`, 413, 'payload_too_large'],
    ['{"version":1,"text":"break"}', 500, 'internal'],
  ])('answers %s with %i %s', async (body, status, expected) => {
    const response = await post('/v1/things/a:echo', body);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const text = await response.text();
    expect(text).toContain(`urn:cynodeai:error:${expected}`);
    expect(text).not.toContain('internals');
  });

  it('counts chunked bodies', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(1000));
    let sent = 0;
    const stream = new ReadableStream({
      pull(controller) {
        if ((sent += 1) > 5) controller.close();
        else controller.enqueue(chunk);
      },
    });
    expect((await post('/v1/things/a:echo', stream)).status).toBe(413);
  });

  it('runs the guard before it reads the body', async () => {
    const response = await post('/v1/things/a:echo', 'x'.repeat(5000), { 'x-refuse': '1' });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('names the methods of a known path, the media type it wants and malformed paths', async () => {
    const wrongMethod = await fetch(`${base}/v1/things/a:echo`);
    expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'POST']);
    const wrongType = await post('/v1/things/a:echo', 'x', { 'content-type': 'text/plain' });
    expect([wrongType.status, await kind(wrongType)]).toEqual([415, 'unsupported_media_type']);
    expect((await fetch(`${base}/v1/%zz`)).status).toBe(400);
    expect(await (await fetch(`${base}/healthz`)).text()).toBe('ok');
    expect(await (await fetch(`${base}/readyz`)).text()).toBe('ready');
  });

  it('tells when an answer was sent, also when the client has left before', async () => {
    const other = await createHttpServer({ log: silentLog });
    const entered = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const sent = Promise.withResolvers<void>();
    bindRoute(other, slow, {
      guard: anyone,
      handle: async ({ headers }) => {
        if (headers['x-wait'] === undefined) return { status: 200, body: 'at once' };
        entered.resolve();
        await answer.promise;
        return { status: 200, body: 'done', afterSent: () => sent.resolve() };
      },
    });
    const url = `http://127.0.0.1:${await other.listen({ host: '127.0.0.1', port: 0 })}/v1/slow`;
    expect(await (await fetch(url, { method: 'POST' })).text()).toBe('at once');
    const client = new AbortController();
    const headers = { 'x-wait': '1' };
    const left = fetch(url, { method: 'POST', headers, signal: client.signal });
    await entered.promise;
    client.abort();
    await expect(left).rejects.toThrow();
    answer.resolve();
    await sent.promise;
    await other.close();
  });

  it('tells of a body that it has read when its client leaves, and not before', async () => {
    const other = await createHttpServer({ log: silentLog });
    const entered = Promise.withResolvers<AbortSignal>();
    bindRoute(other, echo, {
      guard: anyone,
      handle: async ({ signal }) => {
        entered.resolve(signal);
        await once(signal, 'abort');
        return { status: 200, body: { id: 'a', text: 'left' } };
      },
    });
    const door = `http://127.0.0.1:${await other.listen({ host: '127.0.0.1', port: 0 })}`;
    const client = new AbortController();
    const call = fetch(`${door}/v1/things/a:echo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ version: 1, text: 'x' }),
      signal: client.signal,
    });
    const signal = await entered.promise;
    // Whatever the server has to do for a request that is read has been done by the next request.
    await fetch(`${door}/v1/nothing`);
    expect(signal.aborted).toBe(false);
    client.abort();
    await expect(call).rejects.toThrow();
    if (!signal.aborted) await once(signal, 'abort');
    await other.close();
  });

  it('ends without waiting for a connection that never said anything', async () => {
    const other = await createHttpServer({ log: silentLog });
    const port = await other.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    await other.close();
    await closed;
  });
});
