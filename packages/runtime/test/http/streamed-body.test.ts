import { defineRoute } from '@cynodeai/contracts/common';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/observe/index.ts';
import { anyone, bindRoute } from '../../src/http/bind-route.ts';
import { ProblemError } from '../../src/http/problem-error.ts';
import { type HttpServer, createHttpServer } from '../../src/http/server.ts';

const upload = defineRoute({
  operation: 'test.upload',
  method: 'PUT',
  path: '/v1/upload',
  auth: 'worker',
  summary: 'Take bytes',
  streamed: 'application/octet-stream',
  success: { 204: { kind: 'empty' } },
  errors: ['conflict'],
});

const bodyBytes = 8 * 1024 * 1024;
const head = [
  'PUT /v1/upload HTTP/1.1',
  'Host: x',
  'Content-Type: application/octet-stream',
  `Content-Length: ${bodyBytes}`,
  '\r\n',
].join('\r\n');

let server: HttpServer;
let socket: Socket;
let answers: string;
/** How much of the body the route reads before it refuses. */
let readBytes: number;

beforeEach(async () => {
  server = await createHttpServer({ log: silentLog });
  bindRoute(server, upload, {
    guard: anyone,
    handle: async ({ content }) => {
      let left = readBytes;
      for await (const chunk of left > 0 ? content.chunks : []) {
        left -= chunk.length;
        if (left <= 0) break;
      }
      throw new ProblemError('conflict', 'none of this is wanted');
    },
  });
  socket = connect(await server.listen({ host: '127.0.0.1', port: 0 }), '127.0.0.1');
  answers = '';
  socket.on('data', (chunk) => (answers += chunk.toString()));
  await once(socket, 'connect');
});

afterEach(async () => {
  socket.destroy();
  await server.close();
});

const fewBytes = 11;

/** Sends a request with so much of its body and waits for its refusal. */
async function refused(bytes = fewBytes): Promise<void> {
  const before = answers.length;
  socket.write(head);
  socket.write(Buffer.alloc(bytes));
  while (!answers.slice(before).includes('"status":409')) await once(socket, 'data');
}

/** Longer than a silent sender is waited for, ms. */
const patienceMs = 7000;

describe('a body whose answer has gone', () => {
  it.each([
    ['after a look', 1],
    ['unread', 0],
  ])('%s, may still arrive: its connection is kept', async (_how, bytes) => {
    readBytes = bytes;
    await refused();
    socket.write(Buffer.alloc(bodyBytes - fewBytes));
    await delay(patienceMs);
    expect(socket.readyState).toBe('open');
    await refused(bodyBytes);
  });

  it('is given up when its sender falls silent', async () => {
    readBytes = 1;
    await refused();
    socket.resume();
    await once(socket, 'close');
  });
});
