import { describe, expect, it } from 'vitest';
import { inferenceContainer } from '../../../domain/inference/container.ts';
import { inferenceBody } from '../docker/inference-body.ts';
import { inferenceArguments, volumeArguments } from './inference-arguments.ts';
import type { EngineProfile } from './profile.ts';

const profile: EngineProfile & { network: string } = {
  network: 'bridge',
  version: '4.3.1',
  rootless: false,
  rootlessSupported: true,
  cgroupVersion: 'v2',
  runtime: 'runc',
  cgroupManager: 'cgroupfs',
  storage: 'overlay',
  ignoreChownErrors: false,
  privateCgroups: true,
  init: true,
  relabel: false,
  ulimits: ['nofile=4096'],
};

function containerFor(variant: 'cpu' | 'cuda' | 'rocm', bindAddress = '127.0.0.1') {
  const made = inferenceContainer({
    order: { variant },
    settings: { port: 11_500, bindAddress, containerName: 'c', allowGpu: true },
    nodeSlug: 'a',
    gpus: [],
  });
  if (made === undefined) throw new Error('no container');
  return made;
}

describe('the arguments of the inference container', () => {
  it('never share a namespace, a path or a right of the host (REQ-WORKER-0115)', () => {
    for (const network of ['bridge', 'pasta', 'slirp4netns']) {
      const rootless = network !== 'bridge';
      const args = inferenceArguments({ ...profile, rootless, network }, containerFor('cpu'));
      expect(args.join(' ')).not.toMatch(/--network=host|--privileged|--pid|--ipc|--uts|:\/[^r]/);
      expect(args).toContain('--publish=127.0.0.1:11500:11434');
      expect(args).toContain('--cap-drop=ALL');
      expect(args).toContain('--volume=c-models:/root/.ollama');
      expect(args).toContain(`--network=${network}`);
      expect(args).toContain('--cgroupns=private');
      expect(args).toContain('--init');
      expect(args.at(-1)).toBe('docker.io/ollama/ollama:latest');
    }
    const bare = { ...profile, privateCgroups: false, init: false };
    expect(inferenceArguments(bare, containerFor('cpu')).join(' ')).not.toMatch(/--init|cgroupns/);
  });

  it('hand over the cards of the variant and no others', () => {
    const devices = (args: readonly string[]): readonly string[] =>
      args.filter((argument) => /^--(?:device|group-add)/.test(argument));
    expect(devices(inferenceArguments(profile, containerFor('cpu')))).toEqual([]);
    expect(devices(inferenceArguments(profile, containerFor('cuda')))).toEqual([
      '--device=nvidia.com/gpu=all',
    ]);
    const rootless = { ...profile, rootless: true, runtime: 'crun' };
    expect(devices(inferenceArguments(rootless, containerFor('rocm')))).toEqual([
      '--device=/dev/kfd',
      '--device=/dev/dri',
      '--group-add=keep-groups',
    ]);
  });

  it('put an IPv6 address in brackets, and labels on the volume', () => {
    expect(inferenceArguments(profile, containerFor('cpu', 'fd00::1'))).toContain(
      '--publish=[fd00::1]:11500:11434',
    );
    expect(volumeArguments('v', { a: 'b' })).toEqual(['volume', 'create', '--label=a=b', 'v']);
  });

  it('say the same to Docker', () => {
    expect(inferenceBody(containerFor('cpu'))).toMatchObject({
      Env: ['OLLAMA_HOST=0.0.0.0:11434', 'OLLAMA_NO_CLOUD=1'],
      HostConfig: {
        NetworkMode: 'bridge',
        PortBindings: { '11434/tcp': [{ HostIp: '127.0.0.1', HostPort: '11500' }] },
        CapDrop: ['ALL'],
        Mounts: [{ Type: 'volume', Source: 'c-models', Target: '/root/.ollama' }],
      },
    });
    expect(inferenceBody(containerFor('cuda'))).toMatchObject({
      HostConfig: { DeviceRequests: [{ Count: -1, Capabilities: [['gpu']] }] },
    });
    expect(inferenceBody(containerFor('rocm'))).toMatchObject({
      HostConfig: { Devices: [{ PathOnHost: '/dev/kfd' }, { PathOnHost: '/dev/dri' }] },
    });
  });
});
