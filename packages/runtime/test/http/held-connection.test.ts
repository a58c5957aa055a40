import { defineRoute } from '@cynodeai/contracts/common';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bindRoute } from '../../src/http/bind-route.ts';
import { ProblemError } from '../../src/http/problem-error.ts';
import { type HttpServer, createHttpServer } from '../../src/http/server.ts';
import { silentLog } from '../../src/observe/index.ts';

const common = {
  method: 'POST',
  auth: 'user',
  action: 'test',
  resource: 'test',
  summary: 'Take something',
  success: { 204: { kind: 'empty' } },
  errors: ['authentication', 'validation'],
} as const;

const upload = defineRoute({
  ...common,
  operation: 'test.upload',
  path: '/v1/upload',
  streamed: 'application/octet-stream',
});

const take = defineRoute({
  ...common,
  operation: 'test.take',
  path: '/v1/take',
  body: z.strictObject({ text: z.string() }),
});

const open = defineRoute({
  operation: 'test.open',
  method: 'POST',
  path: '/v1/open',
  auth: 'none',
  summary: 'Take a text of anybody',
  body: z.strictObject({ text: z.string() }),
  bodyLimitBytes: 16_384,
  success: { 204: { kind: 'empty' } },
  errors: ['validation'],
});

const readTimeoutMs = 500;
const dripMs = 100;

let server: HttpServer;
let socket: Socket;
let answers: string;
let drip: NodeJS.Timeout | undefined;

function guard(request: { readonly headers: { readonly authorization?: string | undefined } }) {
  if (request.headers.authorization === undefined) throw new ProblemError('authentication', 'no');
}

beforeEach(async () => {
  server = await createHttpServer({ log: silentLog, readTimeoutMs });
  bindRoute(server, upload, {
    guard,
    handle: async ({ content }) => {
      for await (const _chunk of content.chunks);
      return { status: 204 };
    },
  });
  bindRoute(server, take, { guard, handle: () => ({ status: 204 }) });
  bindRoute(server, open, { guard: () => {}, handle: () => ({ status: 204 }) });
  socket = connect(await server.listen({ host: '127.0.0.1', port: 0 }), '127.0.0.1');
  answers = '';
  socket.on('data', (chunk) => (answers += chunk.toString()));
  socket.on('error', () => {});
  await once(socket, 'connect');
});

afterEach(async () => {
  clearInterval(drip);
  socket.destroy();
  await server.close();
});

const length = 1000;

function headOf(path: string, type: string, framing: string, more = ''): string {
  return `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\n${framing}\r\n${more}\r\n`;
}

/** Sends a head and then a piece again and again, until the connection or the test ends. */
function trickle(head: string, piece: string): void {
  socket.write(head);
  drip = setInterval(() => void socket.write(piece), dripMs);
}

const octets = 'application/octet-stream';
const json = 'application/json';
const sized = `content-length: ${length}`;
const chunked = 'transfer-encoding: chunked';

describe('a stranger who sends drop by drop', () => {
  it.each([
    ['a body the route would stream', headOf(upload.path, octets, sized), 'x', 401],
    ['chunks the route would stream', headOf(upload.path, octets, chunked), '1\r\nx\r\n', 401],
    ['a body the route would parse', headOf(take.path, json, sized), ' ', 401],
    ['a body to an open route', headOf(open.path, json, sized), ' ', 400],
    ['chunks to an open route', headOf(open.path, json, chunked), '1\r\n \r\n', 400],
    ['a body to no route', headOf('/v1/none', json, sized), ' ', 0],
    ['a streamed body to no route', headOf('/v1/none', octets, sized), 'x', 404],
    ['headers', 'POST /v1/upload HTTP/1.1\r\nhost: localhost\r\n', 'x: y\r\n', 400],
  ])('is answered once and let go of: %s', async (_what, head, piece, status) => {
    const closed = new Promise((resolve) => socket.once('close', resolve));
    trickle(head, piece);
    await closed;
    const statuses = [...answers.matchAll(/^HTTP\/1\.1 (\d+) /gm)].map(([, code]) => Number(code));
    // Of a path that is none the body is read before it is said, or is late before that.
    expect(statuses).toEqual([status === 0 ? expect.any(Number) : status]);
  });

  it('keeps nobody who is known from sending for longer than strangers may', async () => {
    const head = headOf(upload.path, octets, sized, 'authorization: Bearer x\r\n');
    const pieces = 20;
    let sent = 0;
    socket.write(head);
    drip = setInterval(() => {
      socket.write(Buffer.alloc(length / pieces));
      sent += 1;
      if (sent === pieces) clearInterval(drip);
    }, dripMs);
    await once(socket, 'data');
    expect(answers).toMatch(/^HTTP\/1\.1 204 /);
  });
});
