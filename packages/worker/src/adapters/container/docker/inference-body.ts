import {
  type GpuAccess,
  type InferenceContainer,
  ollamaImage,
} from '../../../domain/inference/container.ts';

const containerPort = `${ollamaImage.port}/tcp`;

const device = (path: string): object => ({
  PathOnHost: path,
  PathInContainer: path,
  CgroupPermissions: 'rwm',
});

/** How each kind of card is handed over: NVIDIA's by its runtime hook, AMD's as device files. */
const gpuPart: Readonly<Record<GpuAccess, object>> = {
  none: {},
  nvidia: { DeviceRequests: [{ Count: -1, Capabilities: [['gpu']] }] },
  amd: { Devices: [device('/dev/kfd'), device('/dev/dri')] },
};

/**
 * The body of `POST /containers/create` for the node's inference container: a network of its own
 * and one published port; never the host's network, never a path of the host.
 * See docs/reference/inference.md#model-service-of-a-node.
 */
export function inferenceBody(container: InferenceContainer): Record<string, unknown> {
  const { address, port } = container.publish;
  return {
    Image: container.image,
    Env: Object.entries(ollamaImage.env).map(([name, value]) => `${name}=${value}`),
    Labels: container.labels,
    Healthcheck: { Test: ['NONE'] },
    ExposedPorts: { [containerPort]: {} },
    HostConfig: {
      NetworkMode: 'bridge',
      PortBindings: { [containerPort]: [{ HostIp: address, HostPort: String(port) }] },
      // The node restarts it itself, with backoff and a report.
      RestartPolicy: { Name: 'no' },
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Init: true,
      Mounts: [{ Type: 'volume', Source: container.volume, Target: ollamaImage.modelDir }],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
      ...gpuPart[container.gpu],
    },
  };
}
