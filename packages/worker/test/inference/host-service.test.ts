import { reservePort, type ScriptedModel, startScriptedModel, waitToPass } from '@cynodeai/testing';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestNode } from '../node/support/test-node.ts';

/** What the scripted model tells of each of its models. */
const scriptedTraits = { size_bytes: 629_145_600, capabilities: ['completion', 'tools'] };
const version = { kind: 'raw', body: '{"version":"0.12.6"}' } as const;

describe('a model service of the host', () => {
  let node: TestNode;
  let model: ScriptedModel;

  beforeEach(async () => {
    node = await TestNode.create();
    model = await startScriptedModel({ models: ['qwen3:8b', 'scripted'] });
  });
  afterEach(async () => {
    await node[Symbol.asyncDispose]();
    await model.close();
  });

  const lastInference = () => node.orchestrator.reports.at(-1)?.inference;
  /** Lets the watch look until the last report says this. */
  const untilReported = (facts: object): Promise<void> =>
    waitToPass(() => {
      node.time.advance(60_000);
      expect(lastInference()).toMatchObject(facts);
    });

  it('is found before the node registers, reported and used (REQ-WORKER-0255, REQ-WORKER-0256)', async () => {
    node.env['OLLAMA_PORT'] = String(model.port);
    node.orchestrator.editConfig = (config) => ({ ...config, inference_backend: {} });
    await node.start();
    expect(node.orchestrator.reports[0]?.inference).toEqual({
      supported: true,
      mode: 'allow',
      existing_service: true,
      running: true,
      service_url: model.url,
      on_this_host: true,
      models: [
        { model_ref: 'qwen3:8b', status: 'available', ...scriptedTraits },
        { model_ref: 'scripted:latest', status: 'available', ...scriptedTraits },
      ],
    });
    expect(node.orchestrator.acks).toMatchObject([{ status: 'applied' }]);
    expect((await node.get('/readyz')).status).toBe(200);
    expect(node.host.inference.started).toEqual([]);
    await node.stop();
    expect((await fetch(`${model.url}/api/version`)).status).toBe(200);
  });

  it('that the operator named is waited for with the Worker API up, then the node is ready (2.1 step 10)', async () => {
    const answers = Promise.withResolvers<void>();
    model.setScript({
      intercept: ({ path }) =>
        path === '/api/version'
          ? { kind: 'wait', until: answers.promise, answer: version }
          : undefined,
    });
    node.env['OLLAMA_UPSTREAM_URL'] = model.url;
    const starting = node.start();
    await waitToPass(async () =>
      expect((await node.get('/readyz')).text).toBe('not ready: inference'),
    );
    expect(node.orchestrator.acks).toEqual([]);
    expect(node.orchestrator.reports[0]?.inference).toMatchObject({
      supported: true,
      existing_service: true,
      running: false,
    });
    answers.resolve();
    await starting;
    expect((await node.get('/readyz')).text).toBe('ready');
    await waitToPass(() => expect(lastInference()).toMatchObject({ running: true }));
  });

  it('that asks the cloud of its maker is named in the report and the log', async () => {
    model.setScript({
      intercept: ({ path }) =>
        path === '/api/status'
          ? { kind: 'raw', body: JSON.stringify({ cloud: { disabled: false } }) }
          : undefined,
    });
    node.env['OLLAMA_UPSTREAM_URL'] = model.url;
    await node.start();
    await waitToPass(() => expect(lastInference()).toMatchObject({ cloud_enabled: true }));
    const words = node.log.lines.map(({ message }) => message);
    expect(words).toContain('the model service asks the cloud of its maker');
  });

  it('that stays away leaves the node ready for plain jobs, and is used once it comes', async () => {
    const port = await reservePort();
    node.env['OLLAMA_UPSTREAM_URL'] = `http://127.0.0.1:${port}`;
    await node.start();
    expect(node.log.text()).toContain('within 10 s; start it or correct OLLAMA_UPSTREAM_URL');
    expect((await node.get('/readyz')).text).toBe('ready');
    expect(lastInference()).toMatchObject({
      existing_service: true,
      running: false,
      service_url: `http://127.0.0.1:${port}`,
    });
    expect((await node.run(['exit', '0'])).status).toBe(200);
    const late = await startScriptedModel({ port });
    await untilReported({ running: true });
    await late.close();
  });

  it('that somebody named with a path is reported without it, and is another machine by its name', async () => {
    node.env['OLLAMA_UPSTREAM_URL'] = 'https://models.invalid/secret-path';
    await node.start();
    expect(lastInference()).toMatchObject({
      service_url: 'https://models.invalid',
      on_this_host: false,
      running: false,
    });
    expect(JSON.stringify(node.orchestrator.reports)).not.toContain('secret-path');
  });

  it('that is started later is found and used', async () => {
    const port = await reservePort();
    node.env['OLLAMA_PORT'] = String(port);
    await node.start();
    expect(lastInference()).toMatchObject({ existing_service: false, running: false });
    const late = await startScriptedModel({ port, models: ['late'] });
    await untilReported({
      existing_service: true,
      running: true,
      models: [{ model_ref: 'late:latest', status: 'available' }],
    });
    await late.close();
  });

  it('that stays away ends a node that requires inference', async () => {
    node.env['OLLAMA_UPSTREAM_URL'] = `http://127.0.0.1:${await reservePort()}`;
    const configPath = join(node.stateDir, 'node.yaml');
    await writeFile(configPath, 'version: 1\ninference: { mode: require }\n');
    await expect(node.start(configPath)).rejects.toThrow('inference_start_failed');
    expect(node.orchestrator.acks).toMatchObject([
      { status: 'failed', error: { type: 'inference_start_failed' } },
    ]);
  });

  it('that vanishes is reported at once; plain jobs go on, and its return is reported too', async () => {
    node.env['OLLAMA_PORT'] = String(model.port);
    await node.start();
    await model.close();
    await untilReported({ existing_service: true, running: false });
    expect((await node.get('/readyz')).status).toBe(200);
    expect((await node.run(['exit', '0'])).status).toBe(200);
    expect(await node.get('/v1/worker/inference/models')).toMatchObject({
      status: 503,
      kind: 'inference_unavailable',
    });
    const load = JSON.stringify({ version: 1, model_ref: 'x' });
    expect(await node.post('/v1/worker/inference/models:load', load)).toMatchObject({
      status: 503,
      kind: 'inference_unavailable',
    });
    model = await startScriptedModel({ port: model.port, models: ['other'] });
    await untilReported({
      running: true,
      models: [
        { model_ref: 'other:latest', status: 'available' },
        { model_ref: 'qwen3:8b', status: 'evicted' },
        { model_ref: 'scripted:latest', status: 'evicted' },
      ],
    });
  });

  it('that is busy for a moment does not count as gone, one that hangs does', async () => {
    node.env['OLLAMA_PORT'] = String(model.port);
    await node.start();
    model.setScript({
      intercept: ({ path }) => (path === '/api/version' ? { kind: 'hang' } : undefined),
    });
    const before = model.requests.length;
    await untilReported({ running: false });
    const looks = model.requests.slice(before).filter(({ path }) => path === '/api/version');
    expect(looks.length).toBeGreaterThanOrEqual(3);
  }, 30_000);

  it('is left alone by a node without inference', async () => {
    node.env['OLLAMA_PORT'] = String(model.port);
    node.env['OLLAMA_UPSTREAM_URL'] = model.url;
    const configPath = join(node.stateDir, 'node.yaml');
    await writeFile(configPath, 'version: 1\nsandbox: { mode: sandbox_only }\n');
    await node.start(configPath);
    expect(lastInference()).toMatchObject({
      supported: false,
      existing_service: false,
      running: false,
    });
    expect((await node.get('/v1/worker/inference/models')).status).toBe(503);
    expect(model.requests).toEqual([]);
  });

  it('is not used by a node whose operator disabled inference, which refuses an order', async () => {
    node.env['OLLAMA_PORT'] = String(model.port);
    node.host.inference.blocked = undefined;
    node.orchestrator.editConfig = (config) => ({ ...config, inference_backend: {} });
    const configPath = join(node.stateDir, 'node.yaml');
    await writeFile(configPath, 'version: 1\ninference: { mode: disabled }\n');
    await expect(node.start(configPath)).rejects.toThrow('inference_start_failed');
    expect(node.orchestrator.reports[0]?.inference).toMatchObject({
      supported: true,
      mode: 'disabled',
      existing_service: false,
    });
    expect(model.requests).toEqual([]);
    expect(node.host.inference.started).toEqual([]);
  });

  it.each([
    ['a page', { kind: 'raw', body: '<html>hello</html>' }],
    ['JSON of another kind', { kind: 'raw', body: '{"version":7}' }],
    ['an error', { kind: 'error', status: 404, error: 'not found' }],
    ['an endless answer', { kind: 'raw', body: 'x'.repeat(200_000) }],
  ] as const)('is none when its port answers with %s', async (_what, behaviour) => {
    node.env['OLLAMA_PORT'] = String(model.port);
    model.setScript({ intercept: () => behaviour });
    await node.start();
    expect(lastInference()).toMatchObject({ existing_service: false, running: false });
    expect((await node.get('/readyz')).status).toBe(200);
  });
});
