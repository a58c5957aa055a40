import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { GatewayClient, type GatewayClientOptions, GatewayError } from '@cynodeai/api-client';
import { AnsweringServer, failureOf, json } from '@cynodeai/testing/harness';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const taskId = '0198c0de-0000-7000-8000-000000000001';
const at = '2026-11-20T10:00:00.000Z';
const task = {
  id: taskId,
  task_id: taskId,
  task_name: 'x',
  status: 'queued',
  input_mode: 'prompt',
  prompt: 'x',
  attachments: [],
  created_at: at,
  updated_at: at,
};

let server: AnsweringServer;
const clients: GatewayClient[] = [];

beforeEach(async () => {
  server = await AnsweringServer.start();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await server[Symbol.asyncDispose]();
});

function connect(options: Partial<GatewayClientOptions> = {}): GatewayClient {
  const client = new GatewayClient({
    baseUrl: server.url,
    userAgent: 'test/1',
    token: async () => 'token-1',
    ...options,
  });
  clients.push(client);
  return client;
}

const failure = (call: Promise<unknown>): Promise<GatewayError> => failureOf(call, GatewayError);

async function all(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const list: unknown[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const get = (client: GatewayClient): Promise<unknown> =>
  client.call(gatewayRoutes.getTask, { params: { id: 'x' } });

describe('a call', () => {
  it('carries identity, token and ids, below a base path', async () => {
    server.answer = json(200, { ...task, added_later: true });
    const client = connect({ baseUrl: `${server.url}/base/` });
    await expect(get(client)).resolves.toEqual(task);
    expect(server.requests[0]?.url).toBe('/base/v1/tasks/x');
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer token-1',
      'user-agent': 'test/1',
      accept: 'application/json',
    });
    expect(server.requests[0]?.headers['idempotency-key']).toBeUndefined();
  });

  it('sends no token to login and none at all when there is none', async () => {
    server.answer = json(401, {});
    const client = connect({ token: async () => undefined });
    expect(await failure(get(client))).toMatchObject({ code: 'auth', status: undefined });
    expect(server.requests).toHaveLength(0);
    await failure(client.call(gatewayRoutes.login, { body: { handle: 'a', password: 'b' } }));
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('is replayed once with a renewed token, with the same idempotency key', async () => {
    let token = 'old';
    server.answer = (request, response) =>
      (request.headers.authorization === 'Bearer new' ? json(201, task) : json(401, {}))(
        request,
        response,
      );
    const client = connect({
      token: async () => token,
      onUnauthorized: async () => {
        token = 'new';
        return true;
      },
    });
    await client.call(gatewayRoutes.createTask, { body: { prompt: 'x' } });
    const keys = server.requests.map((request) => request.headers['idempotency-key']);
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), keys[0]]);
  });

  it('is not replayed when nothing was renewed, nor a second time', async () => {
    server.answer = json(401, {});
    await failure(get(connect({ onUnauthorized: async () => false })));
    expect(server.requests).toHaveLength(1);
    await failure(get(connect({ onUnauthorized: async () => true })));
    expect(server.requests).toHaveLength(3);
  });

  it('ends at its deadline as a network fault, also in the middle of an answer', async () => {
    server.answer = (_request, response) => void response.writeHead(200).write('{');
    const client = connect();
    const late = client.call(gatewayRoutes.getTask, { params: { id: 'x' }, timeoutMs: 100 });
    expect(await failure(late)).toMatchObject({
      code: 'gateway',
      transient: true,
      message: `cannot reach the gateway at ${server.url}: it took too long to answer`,
    });
  });

  it.each(['of the call', 'of the client'])(
    'rejects with the reason of the signal %s',
    async (whose) => {
      const stop = new AbortController();
      const reason = new Error('stop');
      server.answer = () => stop.abort(reason);
      const client = connect(whose === 'of the client' ? { signal: stop.signal } : {});
      const call = client.call(gatewayRoutes.getTask, { params: { id: 'x' }, signal: stop.signal });
      await expect(call).rejects.toBe(reason);
    },
  );

  it.each([
    ['an undeclared success', json(202, task), 'status 202'],
    ['another shape', json(200, { ...task, status: 'odd' }), 'status: '],
    ['no object', json(200, []), 'the body: '],
    ['a redirect', json(302, {}, { location: 'http://127.0.0.1:1/' }), 'redirect'],
  ])('refuses %s', async (_title, reply, why) => {
    server.answer = reply;
    expect(await failure(get(connect()))).toMatchObject({
      code: 'gateway',
      transient: false,
      message: expect.stringContaining(why) as string,
    });
  });

  it('reads no more than 64 KiB of an error', async () => {
    server.answer = (_request, response) => {
      response.writeHead(500);
      response.write(Buffer.alloc(100 * 1024));
    };
    expect(await failure(get(connect()))).toMatchObject({ status: 500 });
  });

  it('answers undefined for an empty answer', async () => {
    server.answer = (_request, response) => void response.writeHead(204).end();
    await expect(connect().call(gatewayRoutes.logout, {})).resolves.toBeUndefined();
  });

  it('names a host that does not resolve', async () => {
    const client = connect({ baseUrl: 'http://no-such-host.invalid' });
    expect((await failure(get(client))).message).toMatch(/host name (is not known|could not be)/);
  });
});

describe('health and readiness', () => {
  it('health is true only for 200 with ok', async () => {
    const client = connect();
    server.answer = (_request, response) => void response.end('ok');
    await expect(client.health()).resolves.toBe(true);
    server.answer = (_request, response) => void response.end('hello');
    await expect(client.health()).resolves.toBe(false);
    server.answer = json(503, {});
    await expect(client.health()).resolves.toBe(false);
    const stop = AbortSignal.abort(new Error('stop'));
    await expect(client.health(stop)).rejects.toThrow('stop');
  });

  it('readiness carries the reasons, and fails when the gateway cannot be asked', async () => {
    const client = connect();
    server.answer = (_request, response) => void response.end('ready');
    await expect(client.readiness()).resolves.toEqual({ ready: true });
    const reasons = [{ code: 'no_model', message: 'no model', action: 'add one' }];
    server.answer = json(503, {
      type: 'urn:cynodeai:error:not_ready',
      title: 'x',
      status: 503,
      reasons,
    });
    await expect(client.readiness()).resolves.toEqual({ ready: false, reasons });
    server.answer = json(502, {});
    await expect(client.readiness()).rejects.toMatchObject({ status: 502 });
  });
});

describe('an upload', () => {
  const body = { input_mode: 'script', prompt: 'x'.repeat(600_000) } as const;

  it('may take longer than a call as long as bytes move, and arrives whole', async () => {
    let received = 0;
    server.answer = (request, response) => {
      // Reads a piece each 20 ms, so that the whole lasts longer than the deadline of a call.
      request.pause();
      const timer = setInterval(() => {
        const piece = request.read(16_384) as Buffer | null;
        received += piece?.length ?? 0;
      }, 20);
      request.on('end', () => {
        clearInterval(timer);
        json(201, task)(request, response);
      });
    };
    const started = performance.now();
    await connect().call(gatewayRoutes.createTask, { body, timeoutMs: 50, stallMs: 5000 });
    expect(performance.now() - started).toBeGreaterThan(500);
    expect(received).toBe(Buffer.byteLength(JSON.stringify(body)));
    expect(server.requests[0]?.headers['content-length']).toBe(String(received));
  });

  it('that stands still is given up', async () => {
    server.answer = (request) => void request.pause();
    const large = { ...body, prompt: 'x'.repeat(20_000_000) };
    const error = await failure(
      connect().call(gatewayRoutes.createTask, { body: large, stallMs: 200 }),
    );
    expect(error).toMatchObject({ code: 'gateway', transient: true });
    expect(error.message).toContain('took too long');
  });
});

describe('events', () => {
  const event = `id: 3\nevent: task.status\ndata: {"task_id":"${taskId}","status":"running","at":"${at}"}\n\n`;

  it('come as they are sent, resume after the last one, and a leaver is noticed', async () => {
    let left: Promise<unknown> | undefined;
    server.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      response.write(event);
      left = once(response, 'close');
    };
    for await (const { id } of connect().events('x', { lastEventId: '2' })) {
      expect(id).toBe('3');
      break;
    }
    expect(server.requests[0]?.headers['last-event-id']).toBe('2');
    expect(server.requests[0]?.headers.accept).toContain('text/event-stream');
    await left;
  });

  it('a cut connection is a network fault', async () => {
    server.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(event, () => response.destroy());
    };
    const error = await failure(all(connect().events('x')));
    expect(error).toMatchObject({ code: 'gateway', transient: true });
  });

  it.each([
    ['JSON', json(200, {}), 'not an event stream'],
    [
      'an empty 204',
      (_r: unknown, response: ServerResponse) => void response.writeHead(204).end(),
      'not an event stream',
    ],
    ['a refusal', json(404, {}), 'refused'],
  ])('%s is a GatewayError', async (_title, reply, why) => {
    server.answer = reply;
    const error = await failure(all(connect().events('x')));
    expect(error.message).toContain(why);
  });
});

describe('waitForTask', () => {
  it('asks with wait and answers the terminal result', async () => {
    server.answer = json(200, { task_id: taskId, task_name: 'x', status: 'failed', jobs: [] });
    const seen: string[] = [];
    const result = await connect().waitForTask('x', { onStatus: (status) => seen.push(status) });
    expect([result.status, seen, server.requests[0]?.url]).toEqual([
      'failed',
      ['failed'],
      '/v1/tasks/x/result?wait=30',
    ]);
  });
});
