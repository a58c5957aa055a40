import { parseJson } from '@cynodeai/runtime/std';
import { text as bodyOf } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { jobBodies } from '../../src/adapters/relay/job-body.ts';
import { jobModels } from '../../src/app/inference/job-models.ts';
import { fetchFrom } from './support/call.ts';
import { modelPaths } from './support/model-paths.ts';
import { stage as stageOf } from './support/stage.ts';

type Chunks = AsyncGenerator<Uint8Array>;

async function* chunks(size: number, count: number): Chunks {
  for (let i = 0; i < count; i += 1) yield new Uint8Array(size);
}

/** A service that repeats what it got, with these models. */
async function stage(refs: readonly string[]) {
  let looks = 0;
  const inventory = async () => {
    looks += 1;
    return refs.map((ref) => ({ ref, families: [] }));
  };
  const { place, upstream } = await stageOf(
    (request, response) => void bodyOf(request).then((body) => response.end(body)),
    { prepare: jobBodies(jobModels(() => ({ inventory }))) },
  );
  const ask = (path: string, body: Readonly<Record<string, unknown>> | string | Chunks) => {
    const isRaw = typeof body === 'string' || Symbol.asyncIterator in body;
    return fetchFrom(place, path, { body: isRaw ? body : JSON.stringify(body) });
  };
  const get = (path: string) => fetchFrom(place, path);
  return { ask, get, upstream, looks: () => looks };
}

it.each(modelPaths)('%s uses a model of the node, and only what a job may use', async (path) => {
  const { ask, upstream } = await stage(['small:latest']);
  const body = {
    model: 'small',
    prompt: 'p',
    keep_alive: -1,
    options: { num_gpu: 0, temperature: 1 },
  };
  const passed = await ask(path, body);
  expect([passed.status, parseJson(passed.text)]).toEqual([
    200,
    { model: 'small:latest', prompt: 'p', options: { temperature: 1 } },
  ]);
  for (const [model, status] of [
    ['large', 403],
    ['small:cloud', 403],
    ['', 400],
    [5, 400],
  ] as const) {
    expect((await ask(path, { ...body, model })).status).toBe(status);
  }
  expect(upstream.requests).toHaveLength(1);
});

it.each([
  ['no JSON', 'x'],
  ['a list', '[]'],
  ['nothing', ''],
  ['half an object', '{"model":"small"'],
  ['endless depth', '['.repeat(100_000)],
  ['too many values', `{"model":"small","context":[${'1,'.repeat(300_000)}1]}`],
])('a body that is %s goes nowhere', async (_what, body) => {
  const { ask, upstream } = await stage(['small:latest']);
  expect((await ask('/api/chat', body)).status).toBe(400);
  expect(upstream.requests).toHaveLength(0);
});

it('a body beyond the limit is 413, in chunks too', async () => {
  const { ask, upstream } = await stage(['small:latest']);
  const large = { model: 'small', prompt: 'x'.repeat(11 * 1024 * 1024) };
  expect((await ask('/api/generate', large)).status).toBe(413);
  expect((await ask('/api/generate', chunks(1024 * 1024, 11))).status).toBe(413);
  expect(upstream.requests).toHaveLength(0);
});

it('models that there are not do not have the service asked again and again', async () => {
  const { ask, looks } = await stage(['small:latest']);
  expect((await ask('/api/chat', { model: 'small' })).status).toBe(200);
  for (let i = 0; i < 5; i += 1) {
    expect((await ask('/api/chat', { model: `none-${i}` })).status).toBe(403);
  }
  expect(looks()).toBe(1);
});

it.each([
  ['a model of the node', 'small:latest', 200],
  ['another spelling of it', 'Small', 200],
  ['a model that it has not', 'large', 403],
  ['one of the cloud', 'small:cloud', 403],
])(
  'what is asked of %s by its path is answered or refused like a body',
  async (_what, name, status) => {
    const { get, upstream } = await stage(['small:latest']);
    const answer = await get(`/v1/models/${name}`);
    expect([answer.status, upstream.requests.length]).toEqual([status, status === 200 ? 1 : 0]);
  },
);

it.each([
  ['/api/chat', { error: expect.any(String) }],
  [
    '/v1/chat/completions',
    { error: { message: expect.any(String), type: 'permission_error', param: null, code: null } },
  ],
  [
    '/v1/responses',
    { error: { message: expect.any(String), type: 'permission_error', param: null, code: null } },
  ],
  [
    '/v1/messages',
    { type: 'error', error: { type: 'permission_error', message: expect.any(String) } },
  ],
])('%s is refused in the words of its own wire', async (path, body) => {
  const { ask } = await stage(['small:latest']);
  const answer = await ask(path, { model: 'large' });
  expect([answer.status, parseJson(answer.text)]).toEqual([403, body]);
});
