import { at, parseJson } from '@cynodeai/runtime/std';
import { AnsweringServer, waitFor } from '@cynodeai/testing/harness';
import { createHttpServer } from '@cynodeai/runtime/http';
import type { RequestListener } from 'node:http';
import { text as bodyOf } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { bindInferenceRelay } from '../../src/adapters/http/inference-relay.ts';
import { bindOpenApi } from '../../src/adapters/http/openapi.ts';
import { toProblem } from '../../src/adapters/http/to-problem.ts';
import { InFlight } from '../../src/adapters/relay/in-flight.ts';
import { InferenceForwarder } from '../../src/adapters/relay/inference-forwarder.ts';
import { RecordingLog } from '../node/support/recording-log.ts';
import { type Answer, type Call, fetchFrom, open } from './support/call.ts';

const token = 'token-of-the-node';
const prefix = '/v1/worker/inference/proxy';
const mib = 1024 * 1024;

interface StageOptions {
  readonly reason?: string;
  readonly maxConcurrency?: number;
  readonly service?: () => string | undefined;
}

/** A Worker API that holds the relay alone, in front of a service. */
async function stage(listener: RequestListener, options: StageOptions = {}) {
  const upstream = await AnsweringServer.start(listener);
  const log = new RecordingLog();
  const server = await createHttpServer({
    log,
    writeTimeoutMs: 0,
    maxBodyBytes: 1000,
    mapError: toProblem,
  });
  const { reason, maxConcurrency } = options;
  const forwarder = new InferenceForwarder({
    service: { upstream: options.service ?? (() => upstream.url) },
    places: new InFlight(maxConcurrency, 50),
  });
  bindOpenApi(server, { token });
  bindInferenceRelay(server, {
    config: { token },
    readiness: { reason: () => reason, shuttingDown: false },
    forwarder,
  });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    await forwarder.close();
    await upstream[Symbol.asyncDispose]();
    await server.close();
  });
  const place = { host: '127.0.0.1', port };
  const authorized = (call: Call): Call => ({
    ...call,
    headers: { authorization: `Bearer ${token}`, ...call.headers },
  });
  return {
    upstream,
    log,
    ask: (path: string, call: Call = {}): Promise<Answer> =>
      fetchFrom(place, path, authorized(call)),
    begin: (path: string, call: Call = {}) => open(place, path, authorized(call)),
  };
}

function kindOf(answer: Answer): [number, string] {
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = parseJson(answer.text) as { readonly type: string; readonly instance: string };
  expect(problem.instance).toBe(answer.headers['x-request-id']);
  return [answer.status, problem.type.replace('urn:cynodeai:error:', '')];
}

const echo: RequestListener = (request, response) => {
  bodyOf(request).then(
    (body) => response.end(`${request.method} ${request.url} ${body.length}`),
    () => response.destroy(),
  );
};

it('passes requests to the service, whatever their type and beyond the limit of other bodies', async () => {
  const { ask, upstream, log } = await stage(echo);
  const headers = { 'content-type': 'text/anything', 'content-encoding': 'x-own' };
  const body = 'x'.repeat(5000);
  expect(await ask(`${prefix}/api/chat?a=%2F`, { headers, body })).toMatchObject({
    status: 200,
    text: 'POST /api/chat?a=%2F 5000',
  });
  expect((await ask(`${prefix}/`)).text).toBe('GET / 0');
  for (const request of upstream.requests) expect(request.headers.authorization).toBeUndefined();
  expect(upstream.requests[0]?.headers['content-encoding']).toBe('x-own');
  await waitFor(() => log.text().split('worker.inference.relay').length === 3, {
    what: 'both requests are logged',
  });
  expect(log.text()).not.toContain(token);
});

it('lets nobody in without the token or before the node is ready (REQ-WORKER-0100)', async () => {
  const { ask, upstream } = await stage(echo);
  const answer = await ask(`${prefix}/api/tags`, { headers: { authorization: 'Bearer other' } });
  expect(kindOf(answer)).toStrictEqual([401, 'authentication']);
  const early = await stage(echo, { reason: 'config' });
  expect(kindOf(await early.ask(`${prefix}/api/tags`))).toStrictEqual([503, 'node_not_ready']);
  expect([...upstream.requests, ...early.upstream.requests]).toStrictEqual([]);
});

it.each([
  `${prefix}/api/pull`,
  `${prefix}/api/../api/tags`,
  `${prefix}/api%2Ftags`,
  `${prefix}//api/tags`,
  '/v1/worker/inference/pr%6fxy/api/tags',
])('refuses %s as a matter of policy', async (path) => {
  const { ask, upstream } = await stage(echo);
  expect(kindOf(await ask(path, { body: '{}' }))).toStrictEqual([403, 'node_policy_refused']);
  expect(upstream.requests).toStrictEqual([]);
});

it('names each refusal by its own kind', async () => {
  const { ask, begin, upstream } = await stage(
    (request, response) => {
      if (request.url === '/api/ps') request.socket.destroy();
      else if (request.url === '/api/chat') response.write('x');
      else echo(request, response);
    },
    { maxConcurrency: 1 },
  );
  const big = (async function* () {
    for (let i = 0; i < 11; i += 1) yield new Uint8Array(mib);
  })();
  const held = await begin(`${prefix}/api/chat`, { body: '{}' });
  const turnedAway = await ask(`${prefix}/api/generate`, { body: '{}' });
  expect(kindOf(turnedAway)).toStrictEqual([429, 'node_at_capacity']);
  expect(turnedAway.headers['retry-after']).toBe('5');
  held.destroy();
  await waitFor(() => upstream.requests[0]?.destroyed === true, { what: 'the place is free' });
  expect(kindOf(await ask(`${prefix}/api/show`, { body: big }))).toStrictEqual([
    413,
    'payload_too_large',
  ]);
  expect(kindOf(await ask(`${prefix}/api/ps`))).toStrictEqual([502, 'upstream']);
  const wrong = await ask(`${prefix}/api/tags`, { method: 'DELETE' });
  expect(kindOf(wrong)).toStrictEqual([405, 'method_not_allowed']);
  expect(wrong.headers.allow).toBe('GET, HEAD, POST');
  const none = await stage(echo, { service: () => undefined });
  expect(kindOf(await none.ask(`${prefix}/api/tags`))).toStrictEqual([
    503,
    'inference_unavailable',
  ]);
});

it('streams an answer as it is made', async () => {
  const { begin } = await stage((_request, response) => response.write('{"response":"a"}\n'));
  const response = await begin(`${prefix}/api/generate`, { body: '{}' });
  const [first] = await response.take(1).toArray();
  expect(String(first)).toBe('{"response":"a"}\n');
});

it('is part of the OpenAPI document', async () => {
  const { ask } = await stage(echo);
  const document = parseJson((await ask('/v1/openapi.json')).text);
  expect(Object.keys(Object(at(document, 'paths', `${prefix}/{path}`)))).toStrictEqual([
    'get',
    'post',
  ]);
});
