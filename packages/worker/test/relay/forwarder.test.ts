import { parseJson } from '@cynodeai/runtime/std';
import { waitFor } from '@cynodeai/testing/harness';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { connect } from 'node:net';
import { text as bodyOf } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inferencePaths } from '@cynodeai/contracts/worker-api';
import { expect, it } from 'vitest';
import { InFlight } from '../../src/adapters/relay/in-flight.ts';
import { fetchFrom, open, sendRaw } from './support/call.ts';
import { type Stage, stage } from './support/stage.ts';

const echo: RequestListener = (request, response) => {
  bodyOf(request).then(
    (body) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ method: request.method, url: request.url, body }));
    },
    () => response.destroy(),
  );
};

const connectionsOf = ({ server }: Stage['place']): Promise<number> =>
  promisify(server.getConnections.bind(server))();

const limits = { requestBytes: 10 * 1024 * 1024, requestMs: 120_000 };

async function* chunks(size: number, count: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i += 1) yield new Uint8Array(size);
}

it('passes the allowed paths and nothing else (REQ-SANDBX-0107)', async () => {
  const { place, upstream } = await stage(echo);
  for (const path of inferencePaths) {
    const { status, text } = await fetchFrom(place, `${path}?q=1`, { body: 'x' });
    expect([path, status]).toStrictEqual([path, 200]);
    expect(parseJson(text)).toStrictEqual({ method: 'POST', url: `${path}?q=1`, body: 'x' });
  }
  const passed = upstream.requests.length;
  for (const path of [
    '/api/pull',
    '/api/delete',
    '/api/push',
    '/api/create',
    '/api/copy',
    '/api/blobs/sha256:00',
    '/api/version/',
    '//api/version',
    '/API/version',
    '/api%2fversion',
    '/api/%76ersion',
    '/api/tags/../delete',
    '/./api/version',
    '/api/version;x',
    '/api/version%3f',
    '/healthz/',
    `${upstream.url}/api/version`,
    '*',
  ]) {
    const { status, text } = await fetchFrom(place, path);
    expect([path, status]).toStrictEqual([path, 403]);
    expect(parseJson(text)).toStrictEqual({
      error: 'this path of the model service is not open here',
    });
  }
  expect((await fetchFrom(place, '/api/tags', { method: 'DELETE' })).status).toBe(405);
  expect(upstream.requests).toHaveLength(passed);
});

it('answers its health check by itself', async () => {
  const { place, upstream } = await stage(echo);
  expect(await fetchFrom(place, '/healthz')).toMatchObject({ status: 200, text: 'ok' });
  expect(upstream.requests).toHaveLength(0);
});

it('drops credentials, proxy and hop-by-hop headers both ways and names the service as the host', async () => {
  const { place, upstream } = await stage((_request, response) => {
    response.writeHead(200, {
      'set-cookie': ['a=1', 'b=2'],
      'proxy-authenticate': 'x',
      authorization: 'x',
      connection: 'keep-alive, x-own',
      'x-own': '1',
      'x-kept': '1',
    });
    response.end('{}');
  });
  const answer = await fetchFrom(place, '/api/tags', {
    headers: {
      host: 'localhost:11434',
      authorization: 'Bearer secret',
      cookie: 'a=b',
      'proxy-authorization': 'x',
      connection: 'close, X-Mine, content-length',
      'x-mine': '1',
      te: 'trailers',
      'x-kept': '1',
    },
  });
  const [request] = upstream.requests;
  expect(request?.headers).toStrictEqual({
    host: `127.0.0.1:${upstream.port}`,
    connection: 'keep-alive',
    'x-kept': '1',
  });
  expect(Object.keys(answer.headers).toSorted()).toStrictEqual([
    'connection',
    'date',
    'transfer-encoding',
    'x-kept',
  ]);
});

it('refuses a body over 10 MiB whether it is announced or counted (REQ-SANDBX-0107)', async () => {
  const { place, upstream } = await stage(echo);
  const exact = await fetchFrom(place, '/api/chat', { body: chunks(1024 * 1024, 10) });
  expect(exact.status).toBe(200);
  const counted = await fetchFrom(place, '/api/chat', { body: chunks(1024 * 1024, 11) });
  expect(counted).toMatchObject({ status: 413 });
  const announced = await fetchFrom(place, '/api/chat', {
    headers: { 'content-length': String(10 * 1024 * 1024 + 1) },
    body: chunks(1024 * 1024, 1),
  });
  expect(announced).toMatchObject({ status: 413 });
  expect(upstream.requests).toHaveLength(2);
});

it('passes chunks on one by one, in both directions', async () => {
  const steps: string[] = [];
  const { place } = await stage((request, response) => {
    request.on('data', (part: Buffer) => {
      steps.push(`up ${part.toString()}`);
      response.write(`echo ${part.toString()}\n`);
    });
    request.on('end', () => response.end());
  });
  const turns = Promise.withResolvers<void>();
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('one');
    await turns.promise;
    yield Buffer.from('two');
  }
  const response = await open(place, '/api/chat', { body: body() });
  for await (const part of response as AsyncIterable<Buffer>) {
    steps.push(part.toString());
    turns.resolve();
  }
  expect(steps).toStrictEqual(['up one', 'echo one\n', 'up two', 'echo two\n']);
});

it('gives headers and the first byte at once, however slow the rest is', async () => {
  const release = Promise.withResolvers<void>();
  const { place } = await stage((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    void release.promise.then(() => response.end('data: x\n\n'));
  });
  const response = await open(place, '/v1/chat/completions', { body: '{}' });
  expect(response.headers['content-type']).toBe('text/event-stream');
  release.resolve();
  expect(await bodyOf(response)).toBe('data: x\n\n');
});

it('answers 502 when the service is down or there is none', async () => {
  const { place, upstream } = await stage((request) => request.socket.destroy());
  expect(await fetchFrom(place, '/api/tags')).toMatchObject({ status: 502 });
  await upstream[Symbol.asyncDispose]();
  const { status, text } = await fetchFrom(place, '/api/tags');
  expect(status).toBe(502);
  expect(text).not.toContain(String(upstream.port));
  const none = await stage(echo, { service: { upstream: () => undefined } });
  expect(await fetchFrom(none.place, '/api/tags')).toMatchObject({ status: 502 });
});

it('answers 504 when nothing came in time, and cuts an answer that takes longer', async () => {
  const { place } = await stage(
    (request, response) => {
      if (request.url === '/api/chat') response.write('{"part":1}\n');
    },
    { limits: { ...limits, requestMs: 300 } },
  );
  expect(await fetchFrom(place, '/api/tags')).toMatchObject({ status: 504 });
  const response = await open(place, '/api/chat', { body: '{}' });
  await expect(bodyOf(response)).rejects.toThrow('aborted');
});

it.each([
  ['chunked', {}],
  ['of a known length', { 'content-length': '100' }],
])('cuts an answer that the service broke off, %s', async (_name, headers) => {
  const { place } = await stage((_request, response) => {
    response.writeHead(200, headers);
    response.write('{"part":1}\n', () => response.destroy());
  });
  const response = await open(place, '/api/chat', { body: '{}' });
  await expect(bodyOf(response)).rejects.toThrow('aborted');
});

it('ends the request to the service when the caller leaves', async () => {
  const closed = Promise.withResolvers<IncomingMessage>();
  const { place, upstream } = await stage((request, response) => {
    response.on('close', () => closed.resolve(request));
    response.write('x');
  });
  const caller = new AbortController();
  const response = await open(place, '/api/chat', { body: '{}', signal: caller.signal });
  response.on('error', () => {});
  caller.abort();
  await closed.promise;
  expect(upstream.requests).toHaveLength(1);
});

it('lets only so many requests make a model work; the rest wait in turn, and not for ever', async () => {
  const waiting: (() => void)[] = [];
  const { place, upstream } = await stage(
    (request, response) => {
      if (request.url === '/api/tags') response.end('{}');
      else waiting.push(() => response.end('{}'));
    },
    { places: new InFlight(1, 500) },
  );
  const first = fetchFrom(place, '/api/chat', { body: '{}' });
  await waitFor(() => waiting[0], { what: 'the first is served' });
  const caller = new AbortController();
  const leaver = open(place, '/api/chat', { body: '{}', signal: caller.signal });
  const second = fetchFrom(place, '/api/chat', { body: '{}' });
  caller.abort();
  await expect(leaver).rejects.toThrow();
  expect((await fetchFrom(place, '/api/tags')).status).toBe(200);
  expect(upstream.requests).toHaveLength(2);
  waiting[0]?.();
  expect((await first).status).toBe(200);
  await waitFor(() => waiting[1], { what: 'the second is served' });
  const third = await fetchFrom(place, '/api/chat', { body: '{}' });
  expect(third).toMatchObject({ status: 429, headers: { 'retry-after': '5' } });
  waiting[1]?.();
  expect((await second).status).toBe(200);
  const last = fetchFrom(place, '/api/chat', { body: '{}' });
  await waitFor(() => waiting[2]?.() ?? waiting[2], { what: 'the place is free again' });
  expect((await last).status).toBe(200);
});

it.each([
  ['paths that only ask', 'GET /api/version HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['its health check', 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['refused paths', 'GET /api/pull HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['work', 'POST /api/chat HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}'],
])('takes no request before the last one was answered: %s', async (_what, request) => {
  const { place, upstream } = await stage(echo);
  const answer = await sendRaw(place.socketPath, request.repeat(500));
  expect(answer.split('HTTP/1.1 ').length).toBeLessThanOrEqual(2);
  expect(upstream.requests.length).toBeLessThanOrEqual(1);
  expect(await fetchFrom(place, '/healthz')).toMatchObject({ status: 200 });
});

it('serves eight requests of a job at once, whatever their paths; the rest wait in turn', async () => {
  const waiting: (() => void)[] = [];
  const { place } = await stage((_request, response) => {
    waiting.push(() => response.end('{}'));
  });
  const first = Array.from({ length: 8 }, () => fetchFrom(place, '/api/version'));
  await waitFor(() => waiting.length === 8);
  const ninth = fetchFrom(place, '/api/tags');
  const caller = new AbortController();
  const leaver = open(place, '/api/tags', { signal: caller.signal });
  const health = fetchFrom(place, '/healthz');
  await waitFor(async () => (await connectionsOf(place)) === 11);
  caller.abort();
  await expect(leaver).rejects.toThrow();
  expect(waiting).toHaveLength(8);
  waiting[0]?.();
  await waitFor(() => waiting.length === 9);
  waiting[1]?.();
  expect(await health).toMatchObject({ status: 200, text: 'ok' });
  for (const end of waiting) end();
  for (const answer of [...first, ninth]) expect((await answer).status).toBe(200);
});

it('holds 64 connections of a job and no more', async () => {
  const { place } = await stage(echo);
  const sockets = Array.from({ length: 200 }, () =>
    connect(place.socketPath).on('error', () => {}),
  );
  await waitFor(() => sockets.filter(({ closed }) => closed).length === 200 - 64);
  for (const socket of sockets) socket.destroy();
  await waitFor(async () => (await fetchFrom(place, '/healthz')).status === 200);
});

it('is no tunnel and takes no ambiguous request', async () => {
  const { place, upstream } = await stage(echo);
  const { socketPath } = place;
  const post = 'POST /api/chat HTTP/1.1\r\nhost: x\r\n';
  for (const [bytes, status] of [
    ['CONNECT 127.0.0.1:80 HTTP/1.1\r\nhost: x\r\n\r\n', 403],
    [`${post}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    [`${post}content-length: 4\r\ncontent-length: 5\r\n\r\nabcde`, 400],
    [`${post}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n`, 400],
    ['GET /api/tags HTTP/1.0\r\n\r\n', 400],
  ] as const) {
    expect(await sendRaw(socketPath, bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  }
  expect(upstream.requests).toHaveLength(0);
  const upgrade = await sendRaw(
    socketPath,
    'GET /api/tags HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n\r\n',
  );
  expect(upgrade).toMatch(/^HTTP\/1.1 200 /);
  expect(upstream.requests[0]?.headers.upgrade).toBeUndefined();
});

it('outlives callers that leave at any moment', async () => {
  const { place } = await stage((_request, response) => {
    response.write('x'.repeat(100_000));
  });
  const chat = 'POST /api/chat HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbody';
  for (const bytes of ['CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n', 'no HTTP\r\n\r\n', chat]) {
    for (let pauses = 0; pauses < 20; pauses += 1) {
      const socket = connect(place.socketPath);
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(bytes);
      for (let i = 0; i < pauses; i += 1) await setImmediate();
      socket.destroy();
      await once(socket, 'close');
    }
  }
  expect(await fetchFrom(place, '/healthz')).toMatchObject({ status: 200 });
});

it('refuses before an upload that waits for a go-ahead', async () => {
  const { place } = await stage(echo);
  const head =
    'POST /api/pull HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n';
  expect(await sendRaw(place.socketPath, head)).toMatch(/^HTTP\/1.1 403 /);
  const chat = head.replace('/api/pull', '/api/chat');
  const answer = await sendRaw(place.socketPath, `${chat}hello`);
  expect(answer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
});

it('tells a sender to go ahead only once there is a place for the request', async () => {
  const places = new InFlight(1);
  const held = places.tryEnter();
  const { place } = await stage(echo, { places });
  const socket = connect(place.socketPath);
  socket.setEncoding('utf8');
  let heard = '';
  socket.on('data', (text: string) => void (heard += text));
  socket.write(
    'POST /api/chat HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n',
  );
  expect(await fetchFrom(place, '/api/version')).toMatchObject({ status: 200 });
  expect([held, heard]).toEqual([true, '']);
  places.leave();
  await waitFor(() => heard !== '');
  expect(heard).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  socket.write('hello');
  await once(socket, 'close');
  expect(heard).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
});

it('reaches a service on a Unix socket, and one that moved', async () => {
  const first = await stage(echo);
  const second = await stage((_request, response) => response.end('second'));
  const encoded = encodeURIComponent(first.place.socketPath);
  let url = `http+unix://${encoded}`;
  const chain = await stage(echo, { service: { upstream: () => url } });
  expect((await fetchFrom(chain.place, '/api/tags')).text).toContain('/api/tags');
  url = second.upstream.url;
  expect((await fetchFrom(chain.place, '/api/tags')).text).toBe('second');
});
