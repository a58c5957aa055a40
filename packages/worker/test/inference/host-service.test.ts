import { startScriptedModel } from '@cynodeai/testing';
import { describe, expect, it, vi } from 'vitest';
import { freePort, TestNode } from '../node/support/test-node.ts';

describe('a model service of the host', () => {
  it('is found before the node registers, reported and used (REQ-WORKER-0255, REQ-WORKER-0256)', async () => {
    await using node = await TestNode.create();
    const model = await startScriptedModel({ models: ['qwen3:8b', 'scripted'] });
    node.env['OLLAMA_PORT'] = String(model.port);
    node.orchestrator.editConfig = (config) => ({ ...config, inference_backend: {} });
    await node.start();
    expect(node.orchestrator.reports[0]?.inference).toEqual({
      supported: true,
      mode: 'allow',
      existing_service: true,
      running: true,
      models: [
        { model_ref: 'qwen3:8b', status: 'available' },
        { model_ref: 'scripted:latest', status: 'available' },
      ],
    });
    expect(node.orchestrator.acks).toMatchObject([{ status: 'applied' }]);
    expect((await node.get('/readyz')).status).toBe(200);
    await node.stop();
    expect((await fetch(`${model.url}/api/version`)).status).toBe(200);
    await model.close();
  });

  it('that the operator named is waited for with the Worker API up, then the node is ready', async () => {
    await using node = await TestNode.create();
    const port = await freePort();
    node.env['OLLAMA_UPSTREAM_URL'] = `http://127.0.0.1:${port}`;
    const words: string[] = [];
    let model: Awaited<ReturnType<typeof startScriptedModel>> | undefined;
    const starting = node.start();
    await vi.waitFor(async () => expect((await node.get('/healthz')).status).toBe(200), 20_000);
    words.push((await node.get('/readyz')).text);
    model = await startScriptedModel({ port });
    await starting;
    expect(words).toEqual(['not ready: inference']);
    expect(node.orchestrator.reports[0]?.inference).toMatchObject({
      existing_service: true,
      running: false,
    });
    await vi.waitFor(() =>
      expect(node.orchestrator.reports.at(-1)?.inference).toMatchObject({ running: true }),
    );
    await model.close();
  });
});
