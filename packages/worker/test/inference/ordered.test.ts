import { reservePort, type ScriptedModel, startScriptedModel, waitToPass } from '@cynodeai/testing';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WorkerError } from '../../src/domain/errors.ts';
import { TestNode } from '../node/support/test-node.ts';

describe('an order for inference', () => {
  let node: TestNode;
  let model: ScriptedModel | undefined;
  let port: number;

  const order = (backend: object): void => {
    node.orchestrator.editConfig = (config) => ({ ...config, inference_backend: backend });
  };
  const serve = async (host = '127.0.0.1'): Promise<void> => {
    model = await startScriptedModel({ port, host, models: ['inside'] });
  };
  const lastInference = () => node.orchestrator.reports.at(-1)?.inference;
  const untilRunning = (running: boolean): Promise<void> =>
    waitToPass(() => {
      node.time.advance(60_000);
      expect(lastInference()?.running).toBe(running);
    });

  beforeEach(async () => {
    node = await TestNode.create();
    port = await reservePort();
    node.env['OLLAMA_PORT'] = String(port);
    node.host.inference.blocked = undefined;
    node.host.inference.onStart = () => serve();
  });
  afterEach(async () => {
    await node[Symbol.asyncDispose]();
    await model?.close();
    model = undefined;
  });

  it('starts one container, is acknowledged when it answers, and ends with the node (REQ-WORKER-0254)', async () => {
    order({ enabled: true, variant: 'cpu', port, image: 'registry.example/ollama:1' });
    await node.start();
    expect(node.orchestrator.reports[0]?.inference).toEqual({
      supported: true,
      mode: 'allow',
      existing_service: false,
      running: false,
      models: [],
    });
    expect(node.host.inference.started).toMatchObject([
      { image: 'registry.example/ollama:1', publish: { address: '127.0.0.1', port } },
    ]);
    await waitToPass(() =>
      expect(lastInference()).toMatchObject({
        existing_service: false,
        running: true,
        models: [{ model_ref: 'inside:latest', status: 'available' }],
      }),
    );
    expect(await node.stop()).toBe(true);
    expect(node.host.inference.found).toEqual([]);
  });

  it('is published on the address the operator chose and reached there', async () => {
    node.env['OLLAMA_BIND_ADDR'] = '127.0.0.9';
    node.host.inference.onStart = () => serve('127.0.0.9');
    order({ port });
    await node.start();
    expect(node.host.inference.started[0]?.publish).toEqual({ address: '127.0.0.9', port });
    expect((await node.get('/v1/worker/inference/models')).status).toBe(200);
  });

  it('that names no image fails', async () => {
    order({ image: '-v /:/host' });
    expect(await node.startFails()).toContain('inference_start_failed');
    expect(node.host.inference.started).toEqual([]);
  });

  it('fails with the fix where no port can be published, and support is not reported', async () => {
    node.host.inference.blocked = 'install netavark';
    order({ port });
    expect(await node.startFails()).toContain('inference_start_failed');
    expect(node.orchestrator.reports[0]?.inference?.supported).toBe(false);
    expect(node.orchestrator.acks[0]?.error?.message).toContain('install netavark');
    expect(node.log.text()).toContain('this node cannot run an inference container');
  });

  it('fails when nothing answers within 120 s, and what was started is removed', async () => {
    node.host.inference.onStart = async () => {};
    order({ port });
    expect(await node.startFails()).toContain('inference_start_failed');
    expect(node.orchestrator.acks[0]?.error?.message).toContain('did not answer within 120 s');
    expect(node.host.inference.started).toHaveLength(1);
    expect(node.host.inference.found).toEqual([]);
  });

  it('is kept when the container ends: reported, started again, reported (8.1)', async () => {
    order({ port });
    await node.start();
    await untilRunning(true);
    node.host.inference.onStart = () => Promise.reject(new Error('no more memory'));
    await model?.close();
    node.host.inference.end({ exitCode: 137, lastWords: 'killed' });
    await untilRunning(false);
    expect(await node.get('/v1/worker/inference/models')).toMatchObject({ status: 503 });
    expect((await node.run(['exit', '0'])).status).toBe(200);
    await waitToPass(() => {
      node.time.advance(60_000);
      expect(node.log.text()).toContain('no more memory');
    });
    node.host.inference.onStart = () => serve();
    await untilRunning(true);
    expect(node.log.text()).toContain('the container ended with exit code 137: killed');
  });

  it('is stopped even when the container resists, and the node says so (2.4)', async () => {
    order({ port });
    await node.start();
    const { inference } = node.host;
    inference.remove = () => Promise.reject(new WorkerError('container_resists', 'does not die'));
    expect(await node.stop()).toBe(false);
    expect(node.log.text()).toContain('does not die');
  });

  it('that a node requires and does not get leaves it ready, with a warning', async () => {
    const configPath = join(node.stateDir, 'node.yaml');
    await writeFile(configPath, 'version: 1\ninference: { mode: require }\n');
    await node.start(configPath);
    expect(lastInference()).toMatchObject({ supported: true, mode: 'require', running: false });
    expect((await node.get('/readyz')).text).toBe('ready');
    expect(node.log.text()).toContain('the orchestrator ordered no inference container');
  });

  it('finds the container of an earlier run, which is no service of the host (REQ-WORKER-0256)', async () => {
    order({ port });
    await node.start();
    const [found] = node.host.inference.found;
    // As a killed node leaves it.
    node.host.inference.remove = async () => {};
    await node.restart();
    expect(node.orchestrator.reports.at(-1)?.inference?.existing_service).toBe(false);
    expect(node.host.inference.found).toEqual([found]);
    expect(node.host.inference.started).toHaveLength(1);
  });
});
