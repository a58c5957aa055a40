import { testPsk, testToken } from '@cynodeai/testing/doubles';
import { waitToPass } from '@cynodeai/testing';
import { uuidv7 } from '@cynodeai/runtime/std';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunked } from './support/chunked.ts';
import { type Answer, TestNode } from './support/test-node.ts';

const path = '/v1/worker/jobs:run';

const expectProblem = (answer: Answer, status: number, kind: string): void => {
  expect([answer.status, answer.kind]).toEqual([status, kind]);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.json['instance']).toBe(answer.headers.get('x-request-id'));
};

describe('the Worker API', () => {
  let node: TestNode;

  beforeAll(async () => {
    node = await TestNode.create();
    const configPath = join(node.stateDir, 'node.yaml');
    await writeFile(
      configPath,
      'version: 1\nsandbox: { max_concurrency: 2, allowed_images: [tools, missing, explode, docker.io/library/bash] }\n',
    );
    node.orchestrator.editConfig = (config) => ({
      ...config,
      policy: {
        sandbox: {
          allowed_images: ['docker.io/library/tools:latest', 'bash', 'missing', 'explode'],
        },
      },
    });
    await node.start(configPath);
  });
  afterAll(() => node[Symbol.asyncDispose]());

  it('answers health in plain text and without a token', async () => {
    const health = await node.get('/healthz', 'wrong');
    const ready = await node.get('/readyz', 'wrong');
    expect([health.status, health.text, ready.status, ready.text]).toEqual([
      200,
      'ok',
      200,
      'ready',
    ]);
    expect(ready.headers.get('content-type')).toContain('text/plain');
  });

  it('tells programs of its machine what runs and the room it has, without a token', async () => {
    const { status, text } = await node.get('/metrics', 'wrong');
    expect(status).toBe(200);
    expect(text).toMatch(/^cynode_sandboxes_running 0$/m);
    expect(text).toMatch(/^cynode_disk_free_bytes\{folder="node"\} \d+$/m);
  });

  it('runs a job and echoes its ids (REQ-WORKER-0143)', async () => {
    const lease = uuidv7();
    const answer = await node.run(['say', 'hello'], (request) => ({ ...request, lease_id: lease }));
    expect(answer.json).toMatchObject({
      version: 1,
      lease_id: lease,
      status: 'completed',
      exit_code: 0,
      stdout: 'say hello',
      stderr: '',
      truncated: { stdout: false, stderr: false },
    });
    expect(answer.json['job_id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('answers 200 for a job that failed inside or whose image is missing', async () => {
    expect((await node.run(['exit', '3'])).json).toMatchObject({ status: 'failed', exit_code: 3 });
    const missing = await node.run(['exit', '0'], (request) => ({
      ...request,
      sandbox: { image: 'missing', command: ['x'] },
    }));
    expect(missing.json).toMatchObject({ status: 'failed', exit_code: 125 });
  });

  it.each([
    ['no token', {}],
    ['a wrong token', { authorization: 'Bearer nope' }],
    ['another scheme', { authorization: `Basic ${testToken}` }],
    ['a part of the token', { authorization: `Bearer ${testToken.slice(0, -1)}` }],
  ])(
    'refuses %s before it reads the body (REQ-WORKER-0100, REQ-WORKER-0101)',
    async (_title, headers) => {
      for (const [method, url] of [
        ['POST', path],
        ['POST', '/v1/worker/jobs:stop'],
        ['GET', '/v1/openapi.json'],
      ] as const) {
        const response = await fetch(`${node.url}${url}`, {
          method,
          headers,
          ...(method === 'POST' && { body: 'x'.repeat(100) }),
        });
        expect([response.status, response.headers.get('www-authenticate')]).toEqual([
          401,
          'Bearer',
        ]);
      }
    },
  );

  it.each([
    ['a missing body', ''],
    ['broken JSON', '{"version":1'],
    ['an array', '[]'],
    ['an id that could be a path', { job_id: '../../etc' }],
    ['an upper-case id', { task_id: uuidv7().toUpperCase() }],
    ['an empty command', { sandbox: { image: 'tools', command: [] } }],
    ['a bad variable name', { sandbox: { image: 'tools', command: ['x'], env: { 'A-B': '1' } } }],
    ['an open network', { sandbox: { image: 'tools', command: ['x'], network_policy: 'open' } }],
    ['a timeout of zero', { sandbox: { image: 'tools', command: ['x'], timeout_seconds: 0 } }],
    ['no image', { sandbox: { command: ['x'] } }],
    [
      'a climbing path',
      {
        sandbox: {
          image: 'tools',
          command: ['x'],
          input_files: [{ path: '../x', content_base64: '' }],
        },
      },
    ],
  ])('answers %s with 400', async (_title, change) => {
    const answer =
      typeof change === 'string'
        ? await node.post(path, change)
        : await node.run(['x'], (request) => ({ ...request, ...change }));
    expectProblem(answer, 400, 'validation');
  });

  it('names an unknown field and a wrong version (REQ-WORKER-0138)', async () => {
    const unknown = await node.run(['x'], (request) => ({
      ...request,
      sandbox: { image: 'tools', command: ['x'], privileged: true },
    }));
    expectProblem(unknown, 400, 'validation');
    expect(unknown.text).toContain('sandbox.privileged');
    const version = await node.run(['x'], (request) => ({ ...request, version: 2 }));
    expectProblem(version, 400, 'unsupported_payload_version');
    expect(version.json).toMatchObject({ title: 'Unsupported payload version' });
    expect(version.json['detail']).toMatch(/2.*1/);
  });

  it('knows its paths, methods and media type, and takes the colon literally', async () => {
    expectProblem(await node.post('/v1/worker/jobsXrun', '{}'), 404, 'not_found');
    expectProblem(await node.post('/v1/worker/jobs/run', '{}'), 405, 'method_not_allowed');
    const wrongMethod = await node.get(path);
    expectProblem(wrongMethod, 405, 'method_not_allowed');
    expect(wrongMethod.headers.get('allow')).toBe('POST');
    const text = await node.post(path, 'x', { 'content-type': 'text/plain' });
    expectProblem(text, 415, 'unsupported_media_type');
  });

  it('allows the images both sides allow, however they are written (REQ-WORKER-0121, 0122)', async () => {
    const withImage = (image: string): Promise<Answer> =>
      node.run(['exit', '0'], (request) => ({
        ...request,
        sandbox: { image, command: ['exit', '0'] },
      }));
    expect((await withImage('docker.io/bash:latest')).status).toBe(200);
    const refused = await withImage('docker.io/library/bash:5');
    expectProblem(refused, 403, 'node_policy_refused');
    expect(refused.json['detail']).toContain('not allowed');
    expectProblem(await withImage('!!'), 400, 'validation');
  });

  it('runs at most max_concurrency jobs, one per id, and survives a client that leaves (REQ-WORKER-0149)', async () => {
    const { engine, workspace } = node.host;
    const jobId = uuidv7();
    const client = new AbortController();
    const left = fetch(`${node.url}${path}`, {
      method: 'POST',
      signal: client.signal,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${testToken}` },
      body: JSON.stringify({
        version: 1,
        task_id: uuidv7(),
        job_id: jobId,
        sandbox: { image: 'tools', command: ['hold'] },
      }),
    });
    await waitToPass(() => expect(engine.held).toHaveLength(1));
    const twice = await node.run(['exit', '0'], (request) => ({ ...request, job_id: jobId }));
    expectProblem(twice, 409, 'job_conflict');
    const inference = await node.run(['x'], (request) => ({
      ...request,
      sandbox: { image: 'tools', command: ['x'], use_inference: true },
    }));
    expectProblem(inference, 503, 'inference_unavailable');
    const second = node.run(['hold']);
    await waitToPass(() => expect(engine.held).toHaveLength(2));
    const full = await node.run(['exit', '0'], (request) => ({ ...request, job_id: jobId }));
    expectProblem(full, 429, 'node_at_capacity');
    expect(Number(full.headers.get('retry-after'))).toBeGreaterThan(0);
    client.abort();
    await expect(left).rejects.toThrow();
    expect(workspace.present.has(jobId)).toBe(true);
    for (const name of engine.held) engine.finish(name);
    expect((await second).json).toMatchObject({ status: 'completed' });
    await waitToPass(() => expect(workspace.present.size).toBe(0));
  });

  it('removes the job directory by itself and takes the id again after the ack', async () => {
    const answer = await node.run(['exit', '0']);
    expect(answer.status).toBe(200);
    await waitToPass(() => expect(node.host.workspace.present.size).toBe(0));
    const { task_id, job_id } = answer.json;
    const ack = JSON.stringify({ version: 1, task_id, job_id });
    expect((await node.post(`/v1/worker/jobs/${String(job_id)}:ack`, ack)).status).toBe(204);
    const again = await node.run(['exit', '0'], (request) => ({ ...request, job_id }));
    expect(again.status).toBe(200);
  });

  it('stops a running job and knows nothing of others (5.9)', async () => {
    const running = node.run(['hold']);
    await waitToPass(() => expect(node.host.engine.held).toHaveLength(1));
    const jobId = node.host.engine.held[0]?.slice('cynode-sandbox-'.length);
    const stop = (id: string | undefined, more: object = {}): Promise<Answer> =>
      node.post(
        '/v1/worker/jobs:stop',
        JSON.stringify({ version: 1, task_id: uuidv7(), job_id: id, ...more }),
      );
    expect(await stop(jobId)).toMatchObject({
      status: 202,
      json: { version: 1, status: 'stopping' },
    });
    expect(node.host.engine.calls).toContain('stop 30');
    expect((await running).json).toMatchObject({ status: 'failed', exit_code: 143 });
    expect(await stop(jobId)).toMatchObject({ status: 200, json: { status: 'not_running' } });
    expectProblem(await stop(uuidv7(), { force: true }), 400, 'validation');
  });

  it('answers a fault of its own with 500 and without internals', async () => {
    const answer = await node.run(['x'], (request) => ({
      ...request,
      sandbox: { image: 'explode', command: ['x'] },
    }));
    expectProblem(answer, 500, 'internal');
    expect(answer.text).not.toMatch(/disk fault|secret-path|stack/);
    expect(node.log.text()).toContain('disk fault');
  });

  it.each([
    ['a declared length', () => new Uint8Array(11 * 1024 * 1024)],
    ['chunks without a length', () => chunked(11 * 1024 * 1024)],
  ])('refuses more than 10 MiB by %s (REQ-WORKER-0145)', async (_title, body) => {
    expectProblem(await node.post(path, body()), 413, 'payload_too_large');
  });

  it('describes itself to whoever has the token', async () => {
    const answer = await node.get('/v1/openapi.json');
    expect(answer.json).toMatchObject({ openapi: '3.1.0' });
    expect(Object.keys(answer.json['paths'] ?? {})).toContain(path);
  });

  it('writes no secret into its log', () => {
    expect(node.log.text()).not.toMatch(new RegExp(`${testToken}|${testPsk}|jwt-1`));
  });
});

it('refuses an image without a digest where the configuration asks for one', async () => {
  await using node = await TestNode.create();
  node.orchestrator.editConfig = (config) => ({ ...config, require_digest_pinning: true });
  await node.start();
  expectProblem(await node.run(['exit', '0']), 403, 'node_policy_refused');
  const pinned = await node.run(['exit', '0'], (request) => ({
    ...request,
    sandbox: { image: `tools@sha256:${'a'.repeat(64)}`, command: ['exit', '0'] },
  }));
  expect(pinned.status).toBe(200);
});

describe('the body limit of the Worker API', () => {
  it.each([
    ['the YAML', 2000, undefined],
    ['the configuration', undefined, 2000],
    ['the smaller one', 50_000, 2000],
  ])('is taken from %s', async (_title, yaml, config) => {
    await using node = await TestNode.create();
    const configPath = join(node.stateDir, 'node.yaml');
    const api = yaml === undefined ? '{}' : `{ max_request_bytes: ${yaml} }`;
    await writeFile(configPath, `version: 1\nworker_api: ${api}\n`);
    node.orchestrator.editConfig = (served) => ({
      ...served,
      ...(config !== undefined && { constraints: { max_request_bytes: config } }),
    });
    await node.start(configPath);
    expect((await node.post(path, 'x'.repeat(2001))).status).toBe(413);
    expect((await node.post(path, chunked(2001))).status).toBe(413);
    expect((await node.post(path, 'x'.repeat(2000))).status).toBe(400);
  });
});
