import { uuidv7 } from '@cynodeai/runtime/std';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MockOrchestrator, testPsk, testToken } from './support/mock-orchestrator.ts';
import { NodeInstall, NodeProcess } from './support/node-process.ts';

/** In every node's storage, because the node tries the engine with it. */
const image = 'localhost/cynode/probe:latest';

async function run(node: NodeProcess, command: readonly string[]): Promise<Response> {
  return fetch(`${node.url}/v1/worker/jobs:run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${testToken}` },
    body: JSON.stringify({
      version: 1,
      task_id: uuidv7(),
      job_id: uuidv7(),
      sandbox: { image, command },
    }),
  });
}

describe('a whole node with a real container engine', () => {
  let orchestrator: MockOrchestrator;
  let install: NodeInstall;

  beforeAll(async () => {
    orchestrator = new MockOrchestrator();
    await orchestrator.listen();
    install = await NodeInstall.create();
  });
  afterAll(async () => {
    await orchestrator.close();
    await install[Symbol.asyncDispose]();
  });

  it('runs a job, keeps its secrets to itself and ends with 0 on SIGTERM (REQ-WORKER-0001, REQ-WORKER-0102)', async () => {
    await using node = await NodeProcess.spawn(install, orchestrator);
    await node.ready(orchestrator);
    const good = await run(node, ['/ok']);
    expect(await good.json()).toMatchObject({ status: 'completed', exit_code: 0, stderr: '' });
    const missing = await run(node, ['/no-such-program']);
    expect(await missing.json()).toMatchObject({ status: 'failed', exit_code: 127 });
    const environment = await readFile(`/proc/${node.pid}/cmdline`, 'utf8');
    expect(environment).not.toContain(testPsk);
    node.kill('SIGTERM');
    expect(await node.ended).toEqual({ code: 0, signal: null });
    expect(node.output).not.toMatch(new RegExp(`${testPsk}|${testToken}|jwt-\\d`));
    expect(node.output).toContain('sandboxes stopped');
  });

  it('comes up again after it was killed', async () => {
    await using first = await NodeProcess.spawn(install, orchestrator);
    await first.ready(orchestrator);
    first.kill('SIGKILL');
    expect(await first.ended).toEqual({ code: null, signal: 'SIGKILL' });
    await using second = await NodeProcess.spawn(install, orchestrator);
    await second.ready(orchestrator);
    expect((await run(second, ['/ok'])).status).toBe(200);
    second.kill('SIGINT');
    expect(await second.ended).toEqual({ code: 0, signal: null });
  });

  it('ends with 1 when the pre-shared key is wrong', async () => {
    await using node = await NodeProcess.spawn(install, orchestrator, {
      NODE_REGISTRATION_PSK: 'something-else-entirely',
    });
    expect(await node.ended).toEqual({ code: 1, signal: null });
    expect(node.output).toContain('401');
    expect(node.output).not.toContain('something-else-entirely');
  });
});
