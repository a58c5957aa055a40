import { MockOrchestrator, testToken } from '@cynodeai/testing/doubles';
import { reservePort, waitToPass } from '@cynodeai/testing';
import { mustRun } from '@cynodeai/runtime/process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineCommand } from '../../src/adapters/container/podman/client.ts';
import { openEngine } from '../../src/adapters/container/podman/open-engine.ts';
import { containersOf } from '../node/support/host-image.ts';
import { NodeInstall, NodeProcess } from '../node/support/node-process.ts';
import { rootful } from './support/inference-place.ts';
import { importOllamaImages, ollamaImages } from './support/ollama-image.ts';

const name = 'cynodeai-ollama';

describe.each(rootful ? ['a node that is ordered to run inference'] : [])('%s', () => {
  let orchestrator: MockOrchestrator;
  let install: NodeInstall;
  let command: EngineCommand;
  let port: number;

  const podman = async (...args: string[]): Promise<string> =>
    (await mustRun(command.program, [...command.flags, ...args], { env: command.env })).trim();
  const order = (image: string | undefined): void => {
    orchestrator.editConfig = (config) => ({
      ...config,
      ...(image !== undefined && { inference_backend: { image, variant: 'cpu', port } }),
    });
  };
  const spawn = (): Promise<NodeProcess> =>
    NodeProcess.spawn(install, orchestrator, {
      OLLAMA_PORT: String(port),
      NODE_SHUTDOWN_GRACE_SECONDS: '1',
    });
  const call = async (node: NodeProcess, path: string, body?: object): Promise<Response> =>
    fetch(`${node.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${testToken}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const service = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
  const lastInference = () => orchestrator.reports.at(-1)?.inference;

  beforeEach(async () => {
    orchestrator = new MockOrchestrator();
    await orchestrator.listen();
    install = await NodeInstall.create();
    const { usable } = await openEngine(install);
    if (usable === undefined) throw new Error('the engine cannot be used');
    command = usable.command;
    await importOllamaImages(async (archive, ref, change) => {
      await podman('import', '--quiet', `--change=${change}`, archive, ref);
    });
    port = await reservePort();
  }, 120_000);
  afterEach(async () => {
    await orchestrator.close();
    await install[Symbol.asyncDispose]();
  });

  it('starts it after the configuration, acknowledges when it answers, restarts and stops it (03 section 18 item 2)', async () => {
    const seen: unknown[] = [];
    order(ollamaImages.serve);
    orchestrator.beforeConfig = async () => void seen.push(await containersOf(install));
    orchestrator.onCall = (kind) => {
      if (kind.startsWith('ack'))
        void service('/api/version').then(({ status }) => seen.push(status));
    };
    await using node = await spawn();
    await node.ready(orchestrator);
    await waitToPass(() => expect(seen).toEqual([[], 200]));
    expect(orchestrator.acks).toMatchObject([{ status: 'applied' }]);
    expect(orchestrator.reports[0]?.inference).toMatchObject({
      supported: true,
      existing_service: false,
      running: false,
    });
    await waitToPass(() => expect(lastInference()?.running).toBe(true));

    const load = { version: 1, model_ref: 'tiny' };
    const first = await call(node, '/v1/worker/inference/models:load', load);
    expect([first.status, await first.json()]).toEqual([202, { ...load, status: 'loading' }]);
    await waitToPass(async () => {
      const again = await call(node, '/v1/worker/inference/models:load', load);
      expect([again.status, await again.json()]).toEqual([200, { ...load, status: 'available' }]);
    });
    const models = [
      { model_ref: 'tiny:latest', status: 'available', capabilities: ['completion'] },
    ];
    await waitToPass(() => expect(lastInference()?.models).toEqual(models));

    await service('/crash').catch(() => undefined);
    await waitToPass(() => expect(lastInference()?.running).toBe(false));
    const lost = await call(node, '/v1/worker/inference/models');
    expect(lost.status).toBe(503);
    expect(await lost.text()).toContain('inference_unavailable');
    expect((await call(node, '/readyz')).status).toBe(200);
    await waitToPass(() => expect(lastInference()?.running).toBe(true));
    const list = await call(node, '/v1/worker/inference/models');
    expect(await list.json()).toEqual({ version: 1, models });
    expect(node.output).toContain('crashing as asked');

    node.kill('SIGTERM');
    expect(await node.ended).toEqual({ code: 0, signal: null });
    expect(await containersOf(install)).toEqual([]);
  }, 120_000);

  it('fails honestly when the container crashes: failed ack, never ready, non-zero exit, nothing left', async () => {
    order(ollamaImages.crash);
    const readyz: string[] = [];
    orchestrator.scripts.ack.push(503);
    await using node = await spawn();
    const watch = setInterval(() => {
      call(node, '/readyz').then(
        async (answer) => readyz.push(await answer.text()),
        () => undefined,
      );
    }, 50);
    const { code } = await node.ended;
    clearInterval(watch);
    expect(code).toBe(1);
    expect(orchestrator.acks).toMatchObject([
      { status: 'failed', error: { type: 'inference_start_failed' } },
    ]);
    expect(orchestrator.acks[0]?.error?.message).toContain('this model service cannot start');
    expect(readyz).toContain('not ready: inference');
    expect(readyz).not.toContain('ready');
    expect(await containersOf(install)).toEqual([]);
  }, 60_000);

  it('adopts the container of a killed run, replaces one that differs and removes one that is not ordered', async () => {
    order(ollamaImages.serve);
    const id = (): Promise<string> => podman('container', 'inspect', '--format={{.Id}}', name);
    const killed = await spawn();
    await killed.ready(orchestrator);
    const before = await id();
    killed.kill('SIGKILL');
    await killed.ended;
    expect((await service('/api/version')).status).toBe(200);

    const adopting = await spawn();
    await adopting.ready(orchestrator);
    expect(orchestrator.reports.at(-1)?.inference?.existing_service).toBe(false);
    expect(await id()).toBe(before);
    adopting.kill('SIGKILL');
    await adopting.ended;

    await podman('tag', ollamaImages.serve, 'localhost/cynode/test-ollama:next');
    order('localhost/cynode/test-ollama:next');
    const replacing = await spawn();
    await replacing.ready(orchestrator);
    expect(await id()).not.toBe(before);
    replacing.kill('SIGKILL');
    await replacing.ended;

    order(undefined);
    await using plain = await spawn();
    await plain.ready(orchestrator);
    expect(await containersOf(install)).toEqual([]);
    expect((await call(plain, '/v1/worker/inference/models')).status).toBe(503);
    expect((await call(plain, '/readyz')).status).toBe(200);
  }, 120_000);
});

describe('a node without a container engine', () => {
  it('ends before it registers', async () => {
    const orchestrator = new MockOrchestrator();
    await orchestrator.listen();
    await using install = await NodeInstall.create();
    await using node = await NodeProcess.spawn(install, orchestrator, {
      CONTAINER_RUNTIME: 'docker',
      DOCKER_HOST: 'unix:///nowhere/docker.sock',
    });
    expect((await node.ended).code).toBe(1);
    expect(orchestrator.calls).toEqual([]);
    await orchestrator.close();
  }, 60_000);
});
