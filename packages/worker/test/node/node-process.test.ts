import { MockOrchestrator, testPsk, testToken } from '@cynodeai/testing/doubles';
import { waitToPass } from '@cynodeai/testing';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containersOf, importShellImage, shellImage } from './support/host-image.ts';
import { killKeeper } from '../support/leftovers.ts';
import { NodeInstall, NodeProcess } from './support/node-process.ts';

const hold = ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'];

const run = (node: NodeProcess, command: readonly string[]): Promise<Response> =>
  node.run(shellImage, command);

describe('a whole node with a real container engine', () => {
  let orchestrator: MockOrchestrator;
  let install: NodeInstall;

  beforeAll(async () => {
    orchestrator = new MockOrchestrator();
    await orchestrator.listen();
    install = await NodeInstall.create();
    await importShellImage(install);
  });
  afterAll(async () => {
    await orchestrator.close();
    await install[Symbol.asyncDispose]();
  });

  it('runs a job, keeps its secrets to itself and ends with 0 on SIGTERM (REQ-WORKER-0001, REQ-WORKER-0102)', async () => {
    await using node = await NodeProcess.spawn(install, orchestrator);
    await node.ready(orchestrator);
    const good = await run(node, ['sh', '-c', 'echo out; echo err >&2']);
    expect(await good.json()).toMatchObject({
      status: 'completed',
      stdout: 'out\n',
      stderr: 'err\n',
    });
    const missing = await run(node, ['/no-such-program']);
    expect(await missing.json()).toMatchObject({ status: 'failed', exit_code: 127 });
    const commandLine = await readFile(`/proc/${node.pid}/cmdline`, 'utf8');
    expect(commandLine).not.toContain(testPsk);
    node.kill('SIGTERM');
    expect(await node.ended).toEqual({ code: 0, signal: null });
    expect(node.output).not.toMatch(new RegExp(`${testPsk}|${testToken}|jwt-\\d`));
    expect(node.output).toContain('sandboxes stopped');
  });

  it('ends a running job with 503 and its container on SIGTERM (REQ-WORKER-0257)', async () => {
    await using node = await NodeProcess.spawn(install, orchestrator, {
      NODE_SHUTDOWN_GRACE_SECONDS: '1',
    });
    await node.ready(orchestrator);
    const running = run(node, hold);
    await waitToPass(async () => expect(await containersOf(install)).toHaveLength(1));
    node.kill('SIGTERM');
    const answer = await running;
    expect([answer.status, await answer.text()]).toEqual([
      503,
      expect.stringContaining('node_shutting_down'),
    ]);
    expect(await node.ended).toEqual({ code: 0, signal: null });
    expect(await containersOf(install)).toEqual([]);
    expect(await readdir(join(install.stateDir, 'sandbox_mounts'))).toEqual([]);
  });

  it('removes what a killed run left before it is ready again, when its keeper was killed too (2.1 step 2)', async () => {
    await using first = await NodeProcess.spawn(install, orchestrator);
    await first.ready(orchestrator);
    const lost = run(first, hold);
    await waitToPass(async () => expect(await containersOf(install)).toHaveLength(1));
    first.kill('SIGKILL');
    await expect(lost).rejects.toThrow();
    expect(await first.ended).toEqual({ code: null, signal: 'SIGKILL' });
    const [name = ''] = await containersOf(install);
    await killKeeper(name);
    await using second = await NodeProcess.spawn(install, orchestrator);
    await second.ready(orchestrator);
    expect(await containersOf(install)).toEqual([]);
    expect(await readdir(join(install.stateDir, 'sandbox_mounts'))).toEqual([]);
    expect((await run(second, ['sh', '-c', 'exit 0'])).status).toBe(200);
    second.kill('SIGINT');
    expect(await second.ended).toEqual({ code: 0, signal: null });
  });

  it('ends with 1 when the pre-shared key is wrong', async () => {
    await using node = await NodeProcess.spawn(install, orchestrator, {
      NODE_REGISTRATION_PSK: 'something-else-entirely',
    });
    expect(await node.ended).toEqual({ code: 1, signal: null });
    expect(node.output).toMatch(/401.*pre-shared key/);
    expect(node.output).not.toContain('something-else-entirely');
  });
});
