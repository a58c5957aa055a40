import { silentLog } from '@cynodeai/runtime/observe';
import { mustRun } from '@cynodeai/runtime/process';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openPodmanInference } from '../../src/adapters/container/podman/inference-engine.ts';
import {
  type InferenceContainer,
  fingerprint,
  inferenceContainer,
} from '../../src/domain/inference/container.ts';
import type { InferenceEngine } from '../../src/ports/inference.ts';
import { freePort } from '../node/support/test-node.ts';
import { openTestEngine, type TestEngine } from '../support/test-engine.ts';
import { importOllamaImages, ollamaImages } from './support/ollama-image.ts';

const never = new AbortController().signal;
const waiting = { timeout: 20_000, interval: 100 };

describe('the inference container under a real rootful engine', () => {
  let place: TestEngine;
  let engine: InferenceEngine;
  let port: number;

  const container = (image: string, slug = 'node-a'): InferenceContainer => {
    const settings = {
      port,
      bindAddress: '127.0.0.1',
      containerName: 'cynodeai-ollama',
      allowGpu: true,
    };
    const order = { image, variant: 'cpu' as const };
    const made = inferenceContainer({ order, settings, nodeSlug: slug, gpus: [] });
    if (made === undefined) throw new Error('no container');
    return made;
  };
  const podman = (...args: string[]): Promise<string> =>
    mustRun(place.command.program, [...place.command.flags, ...args], { env: place.command.env });
  const get = async (path: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).text();

  beforeAll(async () => {
    place = await openTestEngine(silentLog);
    engine = await openPodmanInference({ stateDir: place.stateDir, runDir: place.runDir });
    await importOllamaImages(async (archive, ref, change) => {
      await podman('import', '--quiet', `--change=${change}`, archive, ref);
    });
    port = await freePort();
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
    await vi.waitFor(async () => expect(await get('/api/version')).toContain('0.9.0'), waiting);
    expect(await engine.find('node-a')).toEqual([
      { name: 'cynodeai-ollama', running: true, fingerprint: fingerprint(made) },
    ]);
    expect(await engine.find('node-b')).toEqual([]);
    const ports = await podman('port', 'cynodeai-ollama');
    expect(ports.trim()).toBe(`11434/tcp -> 127.0.0.1:${port}`);
    const inspected = JSON.parse(await podman('container', 'inspect', 'cynodeai-ollama'))[0];
    expect(inspected.Config.Labels).toMatchObject({
      'io.cynodeai.kind': 'inference',
      'io.cynodeai.node_slug': 'node-a',
    });
    expect(inspected.HostConfig.Privileged).toBe(false);
    expect(inspected.EffectiveCaps ?? []).toEqual([]);
    const environment = await get('/environment');
    expect(environment).toContain('OLLAMA_HOST=0.0.0.0:11434');
    expect(environment).not.toMatch(/PSK|TOKEN|proxy/i);
    const volume = JSON.parse(await podman('volume', 'inspect', 'cynodeai-ollama-models'))[0];
    expect(volume.Labels).toMatchObject({ 'io.cynodeai.node_slug': 'node-a' });
  });

  it('tells how it ended, with its last words', async () => {
    await engine.start(container(ollamaImages.crash), never);
    await vi.waitFor(async () => {
      expect(await engine.ended('cynodeai-ollama')).toEqual({
        exitCode: 3,
        lastWords: expect.stringContaining('this model service cannot start'),
      });
    }, waiting);
    expect(await engine.ended('cynodeai-nothing')).toMatchObject({ exitCode: undefined });
  });

  it('keeps models when it is replaced', async () => {
    await engine.start(container(ollamaImages.serve), never);
    await vi.waitFor(async () => expect(await get('/api/tags')).toContain('models'), waiting);
    await fetch(`http://127.0.0.1:${port}/api/pull`, {
      method: 'POST',
      body: JSON.stringify({ model: 'kept:1b' }),
    });
    await engine.remove('cynodeai-ollama', 1);
    await engine.start(container(ollamaImages.serve), never);
    await vi.waitFor(async () => expect(await get('/api/tags')).toContain('kept:1b'), waiting);
  });

  it('leaves nothing when its port is taken or its image is missing', async () => {
    await engine.start(container(ollamaImages.serve), never);
    const other = { ...container(ollamaImages.serve, 'node-b'), name: 'cynodeai-other' };
    await expect(engine.start(other, never)).rejects.toMatchObject({ code: 'engine_unusable' });
    const missing = container('localhost/cynode/none:1', 'node-b');
    await expect(engine.start(missing, never)).rejects.toMatchObject({
      code: 'image_unavailable',
    });
    expect(await engine.find('node-b')).toEqual([]);
  });

  it('survives the clean-up of jobs (2.1 step 2)', async () => {
    await engine.start(container(ollamaImages.serve), never);
    expect(await place.engine.removeLeftovers('node-a')).toEqual([]);
    expect(await engine.find('node-a')).toMatchObject([{ running: true }]);
  });
});
