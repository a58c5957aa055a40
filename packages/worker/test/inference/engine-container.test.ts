import process from 'node:process';
import { mustRun } from '@cynodeai/runtime/process';
import { at, parseJson } from '@cynodeai/runtime/std';
import { reservePort, waitToPass } from '@cynodeai/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDockerInference } from '../../src/adapters/container/docker/inference-engine.ts';
import { openPodmanInference } from '../../src/adapters/container/podman/inference-engine.ts';
import {
  type InferenceContainer,
  fingerprint,
  inferenceContainer,
} from '../../src/domain/inference/container.ts';
import type { InferenceEngine } from '../../src/ports/inference.ts';
import { testInferenceEngine } from '../suites/inference-engine.ts';
import { FakeInferenceEngine, fakeImages } from '../support/fake-inference-engine.ts';
import { type InferencePlace, places } from './support/inference-place.ts';
import { ollamaImages } from './support/ollama-image.ts';

const never = new AbortController().signal;

describe.each(places)('the inference container under $name', ({ name, open }) => {
  let place: InferencePlace;
  let engine: InferenceEngine;
  let port: number;

  testInferenceEngine(name, async () => ({
    engine,
    images: { ...ollamaImages, missing: 'localhost/cynode/none:1' },
    port,
    close: async () => {},
  }));

  const container = (image: string): InferenceContainer => {
    const settings = {
      port,
      bindAddress: '127.0.0.1',
      containerName: 'cynodeai-ollama',
      allowGpu: true,
    };
    const order = { image, variant: 'cpu' as const };
    const made = inferenceContainer({ order, settings, nodeSlug: 'node-a', gpus: [] });
    if (made === undefined) throw new Error('no container');
    return made;
  };
  const inspect = async (...args: string[]): Promise<unknown> =>
    at(parseJson(await place.run(...args)), 0);
  const get = async (path: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).text();

  beforeAll(async () => {
    place = await open();
    ({ engine } = place);
    port = await reservePort();
  }, 120_000);
  afterEach(async () => {
    for (const slug of ['node-a', 'node-b']) {
      for (const { name } of await engine.find(slug)) await engine.remove(name, 0);
    }
  });
  afterAll(() => place.close());

  it('is published on loopback only, labelled, and reached (REQ-WORKER-0113, REQ-WORKER-0115)', async () => {
    const made = container(ollamaImages.serve);
    await engine.start(made, never);
    await waitToPass(async () => expect(await get('/api/version')).toContain('0.9.0'));
    expect(await engine.find('node-a')).toEqual([
      { name: 'cynodeai-ollama', running: true, fingerprint: fingerprint(made) },
    ]);
    expect(await engine.find('node-b')).toEqual([]);
    const ports = await place.run('port', 'cynodeai-ollama');
    expect(ports.trim()).toBe(`11434/tcp -> 127.0.0.1:${port}`);
    expect(await inspect('container', 'inspect', 'cynodeai-ollama')).toMatchObject({
      Config: {
        Labels: { 'io.cynodeai.kind': 'inference', 'io.cynodeai.node_slug': 'node-a' },
      },
      HostConfig: { Privileged: false, NetworkMode: 'bridge' },
    });
    const rights = await get('/rights');
    expect(rights).toMatch(/^CapEff:\s+0+$/m);
    expect(rights).toMatch(/^NoNewPrivs:\s+1$/m);
    const environment = await get('/environment');
    expect(environment).toContain('OLLAMA_HOST=0.0.0.0:11434');
    expect(environment).toContain('OLLAMA_NO_CLOUD=1');
    expect(environment).not.toMatch(/PSK|TOKEN|proxy/i);
    expect(await inspect('volume', 'inspect', 'cynodeai-ollama-models')).toMatchObject({
      Labels: { 'io.cynodeai.node_slug': 'node-a', 'io.cynodeai.kind': 'inference' },
    });
  });

  // Docker chooses its subnets by itself.
  it.each(name.includes('Podman') ? ['leaves no network'] : [])(
    'is reached where somebody else has the subnet it had before, and %s',
    async () => {
      const network = 'cynodeai-ollama-network';
      const subnetOf = async () => at(await inspect('network', 'inspect', network), 'subnets', 0);
      await engine.start(container(ollamaImages.serve), never);
      const before = await subnetOf();
      await engine.remove('cynodeai-ollama', 0);
      expect(await place.run('network', 'ls', '--format={{.Name}}')).toBe('podman\n');
      const [address, bits] = [at(before, 'gateway'), String(at(before, 'subnet')).split('/')[1]];
      const bridge = `cyo${process.pid}`;
      await mustRun('ip', ['link', 'add', bridge, 'type', 'bridge']);
      try {
        await mustRun('ip', ['addr', 'add', `${String(address)}/${bits}`, 'dev', bridge]);
        await mustRun('ip', ['link', 'set', bridge, 'up']);
        await engine.start(container(ollamaImages.serve), never);
        await waitToPass(async () => expect(await get('/api/version')).toContain('0.9.0'));
        expect(await subnetOf()).not.toEqual(before);
      } finally {
        await mustRun('ip', ['link', 'del', bridge]);
      }
    },
  );

  it('keeps models when it is replaced', async () => {
    await engine.start(container(ollamaImages.serve), never);
    await waitToPass(async () => expect(await get('/api/tags')).toContain('models'));
    await fetch(`http://127.0.0.1:${port}/api/pull`, {
      method: 'POST',
      body: JSON.stringify({ model: 'kept:1b' }),
    });
    await engine.remove('cynodeai-ollama', 1);
    await engine.start(container(ollamaImages.serve), never);
    await waitToPass(async () => expect(await get('/api/tags')).toContain('kept:1b'));
  });

  it('keeps models when the engine forgets everything but its storage, as at a reboot', async () => {
    await engine.start(container(ollamaImages.serve), never);
    await waitToPass(async () => expect(await get('/api/tags')).toContain('models'));
    await fetch(`http://127.0.0.1:${port}/api/pull`, {
      method: 'POST',
      body: JSON.stringify({ model: 'stored:1b' }),
    });
    await engine.remove('cynodeai-ollama', 1);
    engine = await place.reboot();
    await engine.start(container(ollamaImages.serve), never);
    await waitToPass(async () => expect(await get('/api/tags')).toContain('stored:1b'));
    await engine.remove('cynodeai-ollama', 0);
    ({ engine } = place);
  });

  it('survives the clean-up of jobs (2.1 step 2)', async () => {
    await engine.start(container(ollamaImages.serve), never);
    expect(await place.sandboxes.removeLeftovers('node-a')).toEqual([]);
    expect(await engine.find('node-a')).toMatchObject([{ running: true }]);
  });
});

testInferenceEngine('the fake', async () => {
  const engine = new FakeInferenceEngine();
  engine.blocked = undefined;
  return {
    engine,
    images: { serve: 'localhost/serve:1', ...fakeImages },
    port: 11_434,
    close: async () => {},
  };
});

describe('an engine that is not there', () => {
  it('is unusable, with the fix', async () => {
    const engine = openDockerInference('unix:///nowhere/docker.sock');
    await expect(engine.obstacle()).rejects.toThrow('start it, or set DOCKER_HOST');
    const source = { stateDir: '/tmp/a,b', runDir: '/tmp/c' };
    await expect(openPodmanInference(source)).rejects.toThrow('comma');
  });
});
