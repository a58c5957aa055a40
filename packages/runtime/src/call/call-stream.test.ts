import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import { defineRoute } from '@cynodeai/contracts/common';
import { AnsweringServer, failureOf } from '@cynodeai/testing/harness';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallError } from './call-error.ts';
import { type CallOptions, callRoute } from './call-route.ts';
import { HttpClient } from './http-client.ts';

const bytes = defineRoute({
  auth: 'none',
  summary: '',
  errors: [],
  operation: 'things.bytes',
  method: 'GET',
  path: '/v1/bytes',
  success: { 200: { kind: 'bytes' } },
});
const events = defineRoute({ ...bytes, success: { 200: { kind: 'event-stream' } } });

let server: AnsweringServer;
let client: HttpClient;

beforeEach(async () => {
  client = new HttpClient();
  server = await AnsweringServer.start();
});

afterEach(async () => {
  await client.close();
  await server[Symbol.asyncDispose]();
});

const options = (more: Partial<CallOptions> = {}): CallOptions =>
  ({ client, baseUrl: server.url, timeoutMs: 10_000, ...more }) as CallOptions;

const failure = (call: Promise<unknown>): Promise<CallError> => failureOf(call, CallError);

async function text(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let all = '';
  for await (const chunk of chunks) all += Buffer.from(chunk).toString();
  return all;
}

describe('a stream', () => {
  const event = 'id: 3\nevent: a\ndata: x\n\n';
  const open = (response: ServerResponse, type = 'text/event-stream; charset=utf-8'): void =>
    void response.writeHead(200, { 'content-type': type });

  it('of events comes as they are sent, and its peer notices when the reader leaves', async () => {
    let left: Promise<unknown> | undefined;
    server.answer = (_request, response) => {
      open(response);
      response.write(event);
      left = once(response, 'close');
    };
    const { body } = await callRoute(events, {}, options({ headers: { 'last-event-id': '2' } }));
    for await (const found of body) {
      expect(found).toEqual({ id: '3', event: 'a', data: 'x' });
      break;
    }
    expect(server.requests[0]?.headers['last-event-id']).toBe('2');
    expect(server.requests[0]?.headers.accept).toContain('text/event-stream');
    await left;
  });

  it('of bytes comes whole', async () => {
    server.answer = (_request, response) => {
      response.write('one ');
      response.end('two');
    };
    const { body } = await callRoute(bytes, {}, options());
    expect(await text(body)).toBe('one two');
  });

  it('ends with a fault when it is cut, silent or given up, and when an event has no end', async () => {
    server.answer = (_request, response) => {
      open(response);
      response.write(event, () => response.destroy());
    };
    const cut = await callRoute(bytes, {}, options());
    expect(await failure(text(cut.body))).toMatchObject({ code: 'unreachable' });
    server.answer = (_request, response) => {
      open(response);
      response.write(event);
    };
    const silent = callRoute(bytes, {}, { client, baseUrl: server.url, stallMs: 200 });
    // On a busy machine even the head of the answer may be late.
    expect(await failure(silent.then(({ body }) => text(body)))).toMatchObject({ code: 'late' });
    const stop = new AbortController();
    const given = await callRoute(bytes, {}, options({ signal: stop.signal }));
    stop.abort('enough');
    await expect(text(given.body)).rejects.toBe('enough');
    server.answer = (_request, response) => {
      open(response);
      response.write('x'.repeat(1024 * 1024 + 1));
    };
    const endless = await callRoute(events, {}, options());
    const next = endless.body[Symbol.asyncIterator]().next();
    expect(await failure(next)).toMatchObject({ code: 'too_large' });
  });

  it.each<readonly [string, RequestListener, object]>([
    ['another type', (_request, response) => void response.end('{}'), { code: 'bad_answer' }],
    [
      'no content',
      (_request, response) => void response.writeHead(204).end(),
      { code: 'bad_answer' },
    ],
    [
      'a refusal',
      (_request, response) => void response.writeHead(404).end(),
      { code: 'refused', status: 404 },
    ],
  ])('is none with %s', async (_title, reply, error) => {
    server.answer = reply;
    expect(await failure(callRoute(events, {}, options()))).toMatchObject(error);
  });
});
