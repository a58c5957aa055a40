import {
  type Behaviour,
  type ScriptedModel,
  startScriptedModel,
  waitToPass,
} from '@cynodeai/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpClient } from '@cynodeai/runtime/call';
import { at } from '@cynodeai/runtime/std';
import { createOllamaBackend } from '../../src/adapters/inference/ollama-backend.ts';
import { ModelAbilities } from '../../src/app/inference/model-abilities.ts';
import { type Answer, TestNode } from '../node/support/test-node.ts';

const path = '/v1/worker/inference/models';
/** What the scripted model tells of each of its models. */
const scriptedTraits = { size_bytes: 629_145_600, capabilities: ['completion', 'tools'] };

describe('models of a node', () => {
  let node: TestNode;
  let model: ScriptedModel;

  beforeEach(async () => {
    node = await TestNode.create();
    model = await startScriptedModel({ models: ['here'] });
    node.env['OLLAMA_PORT'] = String(model.port);
    await node.start();
  });
  afterEach(async () => {
    await node[Symbol.asyncDispose]();
    await model.close();
  });

  const load = (modelRef: unknown): Promise<Answer> =>
    node.post(`${path}:load`, JSON.stringify({ version: 1, model_ref: modelRef }));
  const list = async (): Promise<unknown> => (await node.get(path)).json['models'];
  const pulls = (): number =>
    model.requests.filter((request) => request.path === '/api/pull').length;
  const here = { model_ref: 'here:latest', status: 'available', ...scriptedTraits };
  const untilListed = (entry: object): Promise<void> =>
    waitToPass(async () => expect(await list()).toContainEqual(entry));

  it('are available with and without their tag', async () => {
    for (const ref of ['here', 'here:latest']) {
      const answer = await load(ref);
      expect([answer.status, answer.json]).toEqual([
        200,
        { version: 1, model_ref: ref, status: 'available' },
      ]);
    }
    expect(await list()).toEqual([here]);
    expect(pulls()).toBe(0);
  });

  it('are fetched once, with progress that can be read', async () => {
    const half = Promise.withResolvers<void>();
    const rest = Promise.withResolvers<void>();
    model.setScript({
      pull: async function* () {
        yield { status: 'pulling manifest' };
        yield { status: 'pulling a', digest: 'sha256:a', total: 100 };
        await half.promise;
        yield { status: 'pulling a', digest: 'sha256:a', total: 100, completed: 40 };
        yield { status: 'pulling b', digest: 'sha256:b', total: 20, completed: 20 };
        await rest.promise;
        yield { status: 'success' };
      },
    });
    const answers = await Promise.all([load('new:1b'), load('new:1b'), load('new:1b')]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(answers[0]?.json).toEqual({ version: 1, model_ref: 'new:1b', status: 'loading' });
    const loading = { model_ref: 'new:1b', status: 'loading' };
    await untilListed({ ...loading, completed_bytes: 0, total_bytes: 100 });
    half.resolve();
    await untilListed({ ...loading, completed_bytes: 60, total_bytes: 120 });
    await waitToPass(() =>
      expect(node.orchestrator.reports.at(-1)?.inference?.models).toContainEqual(loading),
    );
    rest.resolve();
    const available = { model_ref: 'new:1b', status: 'available', ...scriptedTraits };
    await untilListed(available);
    await waitToPass(() =>
      expect(node.orchestrator.reports.at(-1)?.inference?.models).toContainEqual(available),
    );
    expect(pulls()).toBe(1);
    expect((await load('new:1b')).status).toBe(200);
  });

  it('that cannot be fetched say why, and may be asked for again', async () => {
    const error = 'pull model manifest: file does not exist';
    model.setScript({
      pull: async function* () {
        yield { status: 'pulling manifest' };
        yield { error };
      },
    });
    expect((await load('nowhere')).status).toBe(202);
    await untilListed({ model_ref: 'nowhere:latest', status: 'failed', error });
    expect((await load('nowhere')).status).toBe(202);
    await waitToPass(() => expect(pulls()).toBe(2));
  });

  it.each<[string, Behaviour, string | RegExp]>([
    ['404', { kind: 'error', status: 404, error: 'model not found' }, 'model not found'],
    ['a page', { kind: 'raw', status: 502, body: '<html>' }, 'the model service answered 502'],
    ['nonsense', { kind: 'raw', body: 'x\n{"status":7}\n[]\n' }, /ended the download without/],
    ['an endless line', { kind: 'raw', body: 'x'.repeat(300_000) }, /endless line/],
    ['nothing', { kind: 'raw', body: '' }, /ended the download without/],
    [
      'a long complaint',
      { kind: 'raw', body: `${JSON.stringify({ error: 'y'.repeat(9000) })}\n` },
      /^y{500}$/,
    ],
  ])('fail when a pull is answered with %s', async (_what, behaviour, reason) => {
    model.setScript({
      intercept: (request) => (request.path === '/api/pull' ? behaviour : undefined),
    });
    await load('bad');
    await untilListed({
      model_ref: 'bad:latest',
      status: 'failed',
      error: expect.stringMatching(reason),
    });
    expect((await node.get('/readyz')).status).toBe(200);
  });

  it('that the service says it fetched and does not list have failed', async () => {
    model.setScript({
      intercept: ({ path: asked }) =>
        asked === '/api/pull' ? { kind: 'raw', body: '{"status":"success"}\n' } : undefined,
    });
    expect((await load('ghost')).status).toBe(202);
    await untilListed({
      model_ref: 'ghost:latest',
      status: 'failed',
      error: expect.stringContaining('does not list it'),
    });
  });

  it('are asked once what they can do, and never where the answer would come from a cloud', async () => {
    const shows = () => model.requests.filter((request) => request.path === '/api/show');
    expect(shows().map(({ json }) => json)).toEqual([{ model: 'here:latest' }]);
    for (let look = 0; look < 3; look += 1) expect(await list()).toEqual([here]);
    expect(shows()).toHaveLength(1);
    const cloudy = await startScriptedModel({
      port: 0,
      models: ['mine'],
      remoteModels: ['alias', 'gpt-oss:120b-cloud'],
    });
    try {
      const inventory = new ModelAbilities();
      const client = new HttpClient({ lanes: { pull: 1 } });
      const backend = createOllamaBackend({ client, baseUrl: cloudy.url });
      const { signal } = new AbortController();
      const found = await backend.inventory(signal);
      expect([...(await inventory.of(backend, found, signal)).keys()]).toEqual(['mine:latest']);
      expect(cloudy.forwarded).toEqual([]);
      await client.close();
    } finally {
      await cloudy.close();
    }
  });

  it.each<[string, string, Behaviour, readonly string[]]>([
    [
      'a model for vectors',
      'vec',
      { kind: 'raw', body: '{"capabilities":["embedding"]}' },
      ['embedding'],
    ],
    ['a model that tells nothing', 'plain', { kind: 'raw', body: '{}' }, ['completion']],
    ['one whose name tells', 'nomic-embed-text', { kind: 'raw', body: '{}' }, ['embedding']],
    [
      'a service without that path',
      'plain',
      { kind: 'error', status: 404, error: 'no' },
      ['completion'],
    ],
    ['nonsense', 'plain', { kind: 'raw', body: '{"capabilities":7}' }, ['completion']],
  ])('can do what %s says', async (_what, name, behaviour, capabilities) => {
    model.setScript({
      intercept: ({ path: asked, json }) =>
        asked === '/api/show' && at(json, 'model') === `${name}:latest` ? behaviour : undefined,
    });
    model.addModel(name);
    expect(await list()).toContainEqual({
      model_ref: `${name}:latest`,
      status: 'available',
      size_bytes: scriptedTraits.size_bytes,
      capabilities,
    });
  });

  it.each([400, 403, 404, 410, 422, 429, 500, 502, 503])(
    'are asked again what they can do where that may bring another answer: %i',
    async (status) => {
      const busy = await startScriptedModel({ models: ['plain'] });
      const client = new HttpClient({ lanes: { pull: 1 } });
      try {
        let behaviour: Behaviour | undefined = { kind: 'error', status, error: 'no' };
        busy.setScript({ intercept: ({ path }) => (path === '/api/show' ? behaviour : undefined) });
        const backend = createOllamaBackend({ client, baseUrl: busy.url });
        const { signal } = new AbortController();
        const found = (await backend.inventory(signal)).map(({ ref, families }) => ({
          ref,
          families,
        }));
        const known = new ModelAbilities();
        const ask = async () => (await known.of(backend, found, signal)).get('plain:latest');
        const passing = status === 429 || status >= 500;
        expect(await ask()).toEqual(passing ? {} : { capabilities: ['completion'] });
        behaviour = undefined;
        const said = { capabilities: ['completion', 'tools'] };
        expect(await ask()).toEqual(passing ? said : { capabilities: ['completion'] });
      } finally {
        await client.close();
        await busy.close();
      }
    },
  );

  it('that disappear from the service are evicted', async () => {
    model.evictModel('here');
    expect(await list()).toEqual([{ model_ref: 'here:latest', status: 'evicted' }]);
    model.addModel('here');
    expect(await list()).toEqual([here]);
  });

  it.each<[string, Behaviour]>([
    ['not JSON', { kind: 'raw', body: '{"models":[' }],
    ['an error', { kind: 'error', status: 500, error: 'broken' }],
    ['too long', { kind: 'raw', body: `"${'z'.repeat(17 * 1024 * 1024)}"` }],
  ])('are unknown while the list of the service is %s', async (_what, behaviour) => {
    model.setScript({
      intercept: (request) => (request.path === '/api/tags' ? behaviour : undefined),
    });
    expect(await node.get(path)).toMatchObject({ status: 503, kind: 'inference_unavailable' });
    expect((await node.get('/readyz')).status).toBe(200);
  });

  it('of a hostile list are bounded and clean', async () => {
    const names = Array.from({ length: 5000 }, (_, index) => ({ name: `m${index}` }));
    const hostile = [{ name: 'a\u0000b' }, { name: 'l'.repeat(600) }, { name: '' }, {}, ...names];
    model.setScript({
      intercept: (request) =>
        request.path === '/api/tags'
          ? { kind: 'raw', body: JSON.stringify({ models: hostile }) }
          : undefined,
    });
    const listed = (await list()) as { model_ref: string; status: string }[];
    const available = listed.filter(({ status }) => status === 'available');
    expect(available).toHaveLength(1000);
    expect(available.every(({ model_ref: ref }) => /^m\d+:latest$/.test(ref))).toBe(true);
  });

  it('are asked for with the token and in good form only', async () => {
    expect((await node.get(path, 'wrong')).status).toBe(401);
    for (const ref of [
      '',
      7,
      'x'.repeat(513),
      'a\u0000b',
      'a b',
      '../x',
      'a\u202Eb',
      'x:8b-cloud',
      'x:cloud',
      'X-Cloud',
    ]) {
      expect(await load(ref)).toMatchObject({ status: 400, kind: 'validation' });
    }
    expect((await node.post(`${path}Xload`, '{}')).status).toBe(404);
  });

  it('stop being fetched when the node stops', async () => {
    model.setScript({
      pull: async function* (_model, signal) {
        yield { status: 'pulling manifest' };
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      },
    });
    await load('slow');
    const request = await model.waitForRequest('/api/pull');
    expect(await node.stop()).toBe(true);
    expect(await request.ended).toBe('lost');
  });
});
