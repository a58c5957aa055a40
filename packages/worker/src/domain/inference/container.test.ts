import { describe, expect, it } from 'vitest';
import type { GpuDevice } from '../capability/host-facts.ts';
import type { OllamaSettings } from '../node/settings.ts';
import { bracketed, reachableAt } from './bind-address.ts';
import { fingerprint, inferenceContainer, publishedPort } from './container.ts';

const settings: OllamaSettings = {
  port: 11_434,
  bindAddress: '127.0.0.1',
  containerName: 'cynodeai-ollama',
  allowGpu: true,
};
const amd: GpuDevice = { vendor: 'AMD', deviceId: '1' };
const nvidia: GpuDevice = { vendor: 'NVIDIA', deviceId: '2' };
const make = (
  order: Parameters<typeof inferenceContainer>[0]['order'],
  more: Partial<OllamaSettings> = {},
  gpus: readonly GpuDevice[] = [],
) => inferenceContainer({ order, settings: { ...settings, ...more }, nodeSlug: 'a', gpus });

describe('the ordered inference container', () => {
  it('is private, labelled and keeps its models by default (REQ-WORKER-0113, REQ-WORKER-0115)', () => {
    const made = make({});
    expect(made).toEqual({
      name: 'cynodeai-ollama',
      image: 'docker.io/ollama/ollama:latest',
      volume: 'cynodeai-ollama-models',
      publish: { address: '127.0.0.1', port: 11_434 },
      gpu: 'none',
      labels: {
        'io.cynodeai.node_slug': 'a',
        'io.cynodeai.kind': 'inference',
        'io.cynodeai.inference': expect.any(String),
      },
    });
    expect(publishedPort(made === undefined ? '' : fingerprint(made))).toBe(11_434);
    expect(publishedPort('')).toBeUndefined();
  });

  it.each([
    [{ image: 'r.example/x:1', variant: 'rocm' }, { image: 'own:1' }, 'r.example/x:1'],
    [{ variant: 'rocm' }, { image: 'own:1' }, 'docker.io/ollama/ollama:rocm'],
    [{ variant: 'cuda' }, { image: 'own:1' }, 'docker.io/library/own:1'],
    [{ variant: 'cpu' }, {}, 'docker.io/ollama/ollama:latest'],
  ] as const)('takes the image of order %j with settings %j: %s', (order, more, image) => {
    expect(make(order, more)?.image).toBe(image);
  });

  it('is none when the image is no reference', () => {
    expect(make({ image: '--privileged' })).toBeUndefined();
  });

  it.each([
    [{ variant: 'cuda' }, true, [], 'nvidia'],
    [{ variant: 'rocm' }, true, [], 'amd'],
    [{ variant: 'cpu' }, true, [amd], 'none'],
    [{}, true, [nvidia, amd], 'amd'],
    [{}, true, [nvidia], 'nvidia'],
    [{}, true, [], 'none'],
    [{ variant: 'rocm' }, false, [amd], 'none'],
  ] as const)(
    'gets for order %j, GPU allowed %s and cards %j: %s',
    (order, allowGpu, gpus, gpu) => {
      expect(make(order, { allowGpu }, gpus)?.gpu).toBe(gpu);
    },
  );

  it('has another fingerprint when it would serve otherwise', () => {
    const prints = [
      make({}),
      make({ port: 2 }),
      make({ image: 'x' }),
      make({ variant: 'cuda' }),
      make({}, { bindAddress: '10.0.0.1' }),
      make({}, { containerName: 'other' }),
    ].map((made) => made && fingerprint(made));
    expect(new Set(prints).size).toBe(prints.length);
  });
});

describe('a bind address', () => {
  it('is reached on loopback when it is every address', () => {
    expect(['0.0.0.0', '::', '10.0.0.1'].map(reachableAt)).toEqual([
      '127.0.0.1',
      '::1',
      '10.0.0.1',
    ]);
    expect(['::1', '127.0.0.1'].map(bracketed)).toEqual(['[::1]', '127.0.0.1']);
  });
});
