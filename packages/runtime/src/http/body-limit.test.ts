import { defineRoute } from '@cynodeai/contracts/common';
import { z } from 'zod';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../observe/index.ts';
import { anyone, bindRoute } from './bind-route.ts';
import { type HttpServer, createHttpServer } from './server.ts';

const json = defineRoute({
  operation: 'test.json',
  method: 'POST',
  path: '/v1/json',
  auth: 'worker',
  summary: 'Take a text',
  body: z.strictObject({ text: z.string() }),
  success: { 204: { kind: 'empty' } },
  errors: ['validation', 'payload_too_large'],
});

const raw = defineRoute({
  operation: 'test.raw',
  method: 'PUT',
  path: '/v1/raw',
  auth: 'worker',
  summary: 'Take bytes',
  streamed: 'application/octet-stream',
  success: { 204: { kind: 'empty' } },
  errors: ['payload_too_large'],
});

/** A JSON body of exactly so many bytes. */
const bodyOf = (bytes: number): string =>
  JSON.stringify({ text: 'x'.repeat(bytes - '{"text":""}'.length) });

describe('a body limit that changes while the server runs', () => {
  let server: HttpServer;
  let base: string;
  let limit: number;

  beforeEach(async () => {
    limit = 1000;
    server = await createHttpServer({ log: silentLog, maxBodyBytes: () => limit });
    bindRoute(server, json, { guard: anyone, handle: () => ({ status: 204 }) });
    bindRoute(server, raw, {
      guard: anyone,
      handle: async ({ content }) => {
        for await (const _chunk of content.chunks);
        return { status: 204 };
      },
    });
    base = `http://127.0.0.1:${await server.listen({ host: '127.0.0.1', port: 0 })}`;
  });
  afterEach(() => server.close());

  async function send(
    method: string,
    path: string,
    type: string,
    body: string | ReadableStream,
  ): Promise<number> {
    const headers = { 'content-type': type };
    const response = await fetch(`${base}${path}`, { method, body, headers, duplex: 'half' });
    await response.text();
    return response.status;
  }

  const declared = (bytes: number) => send('POST', json.path, 'application/json', bodyOf(bytes));
  const chunked = (bytes: number) => {
    const body = new Blob([bodyOf(bytes)]).stream();
    return send('POST', json.path, 'application/json', body);
  };
  const streamed = (bytes: number) =>
    send('PUT', raw.path, 'application/octet-stream', 'x'.repeat(bytes));

  it.each([
    ['with a length', () => declared],
    ['in chunks', () => chunked],
    ['that is streamed', () => streamed],
  ])('is the one at the time of a body %s', async (_title, way) => {
    const sendOf = way();
    expect([await sendOf(1000), await sendOf(1001)]).toEqual([204, 413]);
    limit = 500;
    expect([await sendOf(500), await sendOf(501)]).toEqual([204, 413]);
    limit = 20_000;
    expect([await sendOf(20_000), await sendOf(20_001)]).toEqual([204, 413]);
  });
});
