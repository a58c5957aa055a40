import { defineRoute } from '@cynodeai/contracts/common';
import {
  type HttpServer,
  ProblemError,
  bindHealthRoutes,
  bindRoute,
  createHttpServer,
} from '@cynodeai/runtime/http';
import { Buffer } from 'node:buffer';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { memoryLog } from '../memory-log.ts';
import { secretCanary } from './canaries.ts';
import type { FuzzCase, FuzzTarget } from './fuzz-case.ts';
import { fuzzServer, plannedCases } from './fuzz-server.ts';
import { randomCases } from './random-cases.ts';

const store = defineRoute({
  operation: 'test.store',
  method: 'POST',
  path: '/v1/texts/{id}',
  auth: 'user',
  action: 'text.store',
  resource: 'text',
  summary: 'Store a text',
  params: z.object({ id: z.string().max(600) }),
  body: z.strictObject({
    text: z.string().max(10_000),
    password: z.string().min(1),
    count: z.int().min(0).max(10).optional(),
  }),
  success: { 200: { kind: 'json', schema: z.object({ text: z.string() }) } },
  errors: [
    'validation',
    'authentication',
    'payload_too_large',
    'unsupported_media_type',
    'conflict',
    'not_found',
  ],
});

type Handler = (body: z.infer<typeof store.body>) => string | Promise<string>;

let server: HttpServer | undefined;
afterEach(async () => {
  server?.app.server.closeAllConnections();
  await server?.close();
});

/** A server with one route whose handler may be wrong. */
async function serve(handle: Handler): Promise<FuzzTarget> {
  const log = memoryLog();
  server = await createHttpServer({ log, maxBodyBytes: 1024 * 1024 });
  bindHealthRoutes(server, async () => []);
  bindRoute(server, store, {
    guard: ({ headers }) => {
      if (headers.authorization === 'Bearer right-token') return;
      throw new ProblemError('authentication', 'present the token');
    },
    handle: async ({ body, params }) => {
      if (params.id !== 'sample') throw new ProblemError('not_found', 'no such id');
      return { status: 200, body: { text: await handle(body) } };
    },
  });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    name: 'test',
    port,
    routes: server.routes,
    samples: { 'test.store': [{ body: { text: 'a', password: secretCanary, count: 1 } }] },
    bearer: (route) => (route.auth === 'user' ? 'right-token' : undefined),
    foreignTokens: [],
    secrets: ['right-token'],
    storesText: true,
    bodyLimitBytes: 1024 * 1024,
    readTimeoutMs: undefined,
    logText: () => log.text(),
  };
}

const storable = (text: string): string => {
  if (/\0/.test(text) || !text.isWellFormed()) throw new ProblemError('validation', 'not storable');
  return text;
};

const options = { seed: 1, budgetMs: 1 };

it('finds nothing wrong with a right server, and reaches everything', async () => {
  const report = await fuzzServer(await serve(({ text }) => storable(text)), options);
  expect(report.faults).toEqual([]);
  expect(report.missing).toEqual([]);
  expect(Object.keys(report.coverage['test.store'] ?? {})).toEqual(
    expect.arrayContaining([
      'body',
      'body.text',
      'body.password',
      'body.count',
      'params.id',
      'query',
      'method',
      'headers.authorization',
    ]),
  );
}, 60_000);

it.each<readonly [string, Handler, string]>([
  [
    'a crash',
    ({ text }) => {
      if (text.includes('\u202e')) throw new Error('boom');
      return storable(text);
    },
    'body.text/text-right-to-left/1: 500 is always a defect',
  ],
  ['text no database takes', ({ text }) => text.replaceAll('\0', ''), 'text-nul/1: accepted where'],
  [
    'a secret in an answer',
    ({ text, password }) => {
      if (text === '') throw new ProblemError('conflict', `no text with ${password}`);
      return storable(text);
    },
    'the answer repeats a secret',
  ],
  [
    'an undeclared kind',
    ({ text }) => {
      if (text === '') throw new ProblemError('authorization', 'no');
      return storable(text);
    },
    'kind authorization where only',
  ],
  [
    'a hang',
    ({ text }) => (text === '' ? new Promise<string>(() => {}) : storable(text)),
    'no answer until the deadline',
  ],
  [
    'a live secret in a refusal',
    ({ text }) => {
      if (text === '') throw new ProblemError('conflict', 'right-token');
      return storable(text);
    },
    'a refusal holds a live secret',
  ],
  ['a route that never succeeds', () => storable('\0'), 'test.store never succeeded'],
])(
  'finds %s',
  async (_title, handle, words) => {
    const report = await fuzzServer(await serve(handle), { ...options, deadlineMs: 1500 });
    expect([...report.faults, ...report.missing].join('\n')).toContain(words);
  },
  60_000,
);

it.each([
  ['a planted secret', { body: secretCanary }],
  ['a stack', { err: new Error('boom').stack }],
])('finds %s in the log', async (what, line) => {
  const target = await serve(({ text }) => storable(text));
  const report = await fuzzServer(
    { ...target, logText: () => JSON.stringify(line) },
    { ...options, only: 'test.store/body.text/text-sql/1' },
  );
  expect(report.judged).toBe(1);
  expect(report.faults).toEqual([expect.stringContaining(`the log holds ${what}`)]);
});

const bytesOf = (one: Pick<FuzzCase, 'request'>): string =>
  one
    .request()
    .pieces.map((piece) => (typeof piece === 'function' ? '' : Buffer.from(piece).toString('hex')))
    .join();

it('makes the same random cases from the same seed, and others from another', async () => {
  const target = await serve(({ text }) => storable(text));
  const make = (seed: number): readonly string[] => randomCases(target, seed, 40).map(bytesOf);
  expect(make(5)).toEqual(make(5));
  expect(make(5)).not.toEqual(make(6));
});

it('replays a random case by batch and place', async () => {
  const target = await serve(() => {
    throw new Error('boom');
  });
  const report = await fuzzServer(target, { ...options, only: 'random/2/7' });
  expect(report.judged).toBe(1);
});

it('names every planned case once and keeps all mutation classes of a field', async () => {
  const target = await serve(({ text }) => storable(text));
  const cases = plannedCases(target);
  expect(new Set(cases.map((one) => one.id)).size).toBe(cases.length);
  const classes = new Set(
    cases.filter((one) => one.field === 'body.count').map((one) => one.mutation),
  );
  for (const name of ['type-string', 'number-infinite', 'number-fraction', 'deep-object']) {
    expect(classes).toContain(name);
  }
});
