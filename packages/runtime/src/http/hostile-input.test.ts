import { defineRoute, problemSchema } from '@cynodeai/contracts/common';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { silentLog } from '../observe/index.ts';
import { parseJson } from '../std/json.ts';
import { anyone, bindRoute } from './bind-route.ts';
import { bindHealthRoutes } from './health.ts';
import { type HttpServer, createHttpServer } from './server.ts';

const take = defineRoute({
  operation: 'test.take',
  method: 'POST',
  path: '/v1/take',
  auth: 'worker',
  summary: 'Take a text',
  body: z.strictObject({ text: z.string() }),
  success: { 200: { kind: 'json', schema: z.object({ text: z.string() }) } },
  errors: ['validation', 'unsupported_media_type'],
});

let server: HttpServer;
let port: number;

beforeEach(async () => {
  server = await createHttpServer({ log: silentLog, readTimeoutMs: 400 });
  bindRoute(server, take, {
    guard: anyone,
    handle: ({ body }) => ({ status: 200, body: { text: body.text } }),
  });
  bindHealthRoutes(server, async () => []);
  port = await server.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => server.close());

async function open(...pieces: readonly (string | Uint8Array)[]): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  for (const piece of pieces) socket.write(piece);
  return socket;
}

/** Everything the server says until it ends its side. */
async function said(...pieces: readonly (string | Uint8Array)[]): Promise<string> {
  const socket = await open(...pieces);
  const answer = await text(socket);
  socket.destroy();
  return answer;
}

function problemIn(answer: string) {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  const problem = problemSchema.parse(parseJson(body));
  const id = /^x-request-id: (\S+)$/im.exec(head)?.[1];
  return { status: problem.status, detail: problem.detail, hasId: id === problem.instance };
}

const head = (length: number, more = ''): string =>
  `POST /v1/take HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n${more}content-length: ${length}\r\n\r\n`;

describe('hostile input', () => {
  it('is refused when it is not UTF-8, and taken with a byte order mark', async () => {
    const bad = Buffer.from('{"text":"\u00ff"}', 'latin1');
    expect(problemIn(await said(head(bad.length), bad))).toEqual({
      status: 400,
      detail: 'the body is not valid UTF-8',
      hasId: true,
    });
    const marked = Buffer.from('\ufeff{"text":"\u{1f4a9}"}');
    expect(await said(head(marked.length), marked)).toContain('{"text":"\u{1f4a9}"}');
  });

  it('in very many very small chunks ends the connection, in few or larger ones is read', async () => {
    const chunked = head(0).replace('content-length: 0', 'transfer-encoding: chunked');
    const letters = (text: string): string[] => Array.from(text, (letter) => `1\r\n${letter}\r\n`);
    const small = JSON.stringify({ text: 'x'.repeat(300) });
    expect(await said(chunked, ...letters(small), '0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
    const large = JSON.stringify({ text: 'x'.repeat(100_000) });
    const pieces = (large.match(/.{1,50}/g) ?? []).map(
      (part) => `${part.length.toString(16)}\r\n${part}\r\n`,
    );
    expect(await said(chunked, ...pieces, '0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
    const attack = said(chunked, ...letters(JSON.stringify({ text: 'x'.repeat(3000) })));
    await expect(attack.catch(() => '')).resolves.toBe('');
  });

  it('is answered in turn when a few requests come at once; of many the connection is ended', async () => {
    const ask = 'GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n';
    const last = ask.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n');
    expect((await said(ask.repeat(7) + last)).match(/HTTP\/1.1 200 /g)).toHaveLength(8);
    const many = await said(ask.repeat(1000)).catch(() => '');
    expect((many.match(/HTTP\/1.1 200 /g) ?? []).length).toBeLessThan(9);
  });

  it('is refused when it is compressed, but not for saying that it is not', async () => {
    const body = '{"text":"x"}';
    const bomb = gzipSync(Buffer.alloc(1_000_000));
    const answer = await said(head(bomb.length, 'content-encoding: gzip\r\n'), bomb);
    expect(problemIn(answer)).toMatchObject({ status: 415, hasId: true });
    const plain = await said(head(body.length, 'content-encoding: identity\r\n'), body);
    expect(plain).toContain('200 OK');
    const without = await said(
      'GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-encoding: br\r\n\r\n',
    );
    expect(without).toContain('200 OK');
  });

  it.each([
    ['no Host header', 'GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n', 'Host header'],
    ['no HTTP at all', '\u0016\u0003\u0001\r\n\r\n', 'malformed'],
    ['headers without end', `GET / HTTP/1.1\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`, 'larger'],
  ])('with %s gets a problem with a request id', async (_title, bytes, words) => {
    const problem = problemIn(await said(bytes));
    expect(problem).toMatchObject({ status: 400, hasId: true });
    expect(problem.detail).toContain(words);
  });

  it('may expect what it likes', async () => {
    const answer = await said(
      'GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: the-unexpected\r\n\r\n',
    );
    expect(answer).toContain('200 OK');
  });

  it.each([
    ['nothing', ''],
    ['half a head', 'GET /heal'],
    ['half a body', `${head(100)}{"text`],
  ])('that stops after %s is ended by the read timeout', async (_title, bytes) => {
    expect(problemIn(await said(bytes))).toMatchObject({
      status: 400,
      detail: 'the request took too long to arrive',
      hasId: true,
    });
  });

  it('does not hold a refused connection open by not closing it', async () => {
    const socket = await open('garbage\r\n\r\n');
    socket.resume();
    await once(socket, 'end');
    // Our side stays open; the server must let go of its own all the same.
    const connections = (): Promise<number> =>
      new Promise((resolve) => server.app.server.getConnections((_error, count) => resolve(count)));
    await expect.poll(connections, { timeout: 5000 }).toBe(0);
    socket.destroy();
  });
});
