import { testToken } from '@cynodeai/testing/doubles';
import { join } from 'node:path';
import { startScriptedModel } from '@cynodeai/testing';
import { expect, it } from 'vitest';
import { importImage } from '../../src/adapters/container/podman/images.ts';
import { openEngine } from '../../src/adapters/container/podman/open-engine.ts';
import { resetEngine } from '../node/support/reset-engine.ts';
import { TestNode } from '../node/support/test-node.ts';
import { testImage, testImageArchive } from '../support/test-image.ts';
import { helpersInNetworks } from '../support/leftovers.ts';
import { open } from './support/call.ts';

const proxy = '/v1/worker/inference/proxy';

it('a whole node lets its jobs and its orchestrator talk to its model, and nobody else (REQ-WORKER-0114)', async () => {
  const model = await startScriptedModel({ reply: 'forty-two' });
  await using node = await TestNode.create();
  node.realHost = true;
  const runDir = join(node.stateDir, 'run');
  node.env['CYNODE_RUN_DIR'] = runDir;
  node.env['OLLAMA_UPSTREAM_URL'] = model.url;
  try {
    await node.start();
    const { usable } = await openEngine({ stateDir: node.stateDir, runDir });
    if (usable === undefined) throw new Error('the engine is not usable');
    const archive = await testImageArchive();
    await importImage(usable.command, archive, testImage, { env: [], labels: [] });
    const ask = `{"model":"scripted:latest","prompt":"6 x 7?","stream":false}`;
    const script = `curl -sS -d '${ask}' $OLLAMA_BASE_URL/api/generate`;
    const answer = await node.run(['sh', '-c', script], (request) => ({
      ...request,
      sandbox: { image: testImage, command: ['sh', '-c', script], use_inference: true },
    }));
    expect(answer.json).toMatchObject({ status: 'completed', stderr: '' });
    expect(answer.json['stdout']).toContain('"forty-two"');
    expect(await helpersInNetworks()).toStrictEqual([]);

    const relayed = await node.post(`${proxy}/api/generate`, ask);
    expect(relayed).toMatchObject({ status: 200, json: { response: 'forty-two' } });
    expect(await node.post(`${proxy}/api/pull`, '{}')).toMatchObject({
      status: 403,
      kind: 'node_policy_refused',
    });
    expect(await node.post(`${proxy}/api/tags`, '{}', { authorization: '' })).toMatchObject({
      status: 401,
    });
    for (const { headers } of model.requests) {
      expect(JSON.stringify(headers)).not.toContain(testToken);
    }

    // A request under way does not hold up the end of the node.
    model.setScript({ reply: { kind: 'hang' } });
    const { hostname: host, port } = new URL(node.url);
    const held = open({ host, port: Number(port) }, `${proxy}/api/chat`, {
      headers: { authorization: `Bearer ${testToken}` },
      body: ask,
    });
    await model.waitForRequest('/api/chat');
    expect(await node.stop()).toBe(true);
    expect((await held).statusCode).toBe(502);
  } finally {
    await node.stop();
    await resetEngine(node.stateDir, runDir);
    await model.close();
  }
}, 120_000);
