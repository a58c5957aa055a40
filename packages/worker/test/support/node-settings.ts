import type { NodeSettings, SandboxSettings } from '../../src/domain/node/settings.ts';

/** Settings of a node that offers everything. */
export const nodeSettings = (
  sandbox: Partial<SandboxSettings> = {},
  more: Partial<NodeSettings> = {},
): NodeSettings => ({
  orchestratorUrl: 'http://o:1',
  connectTimeoutMs: 1,
  requestTimeoutMs: 1,
  slug: 'a',
  labels: [],
  listen: { host: '0.0.0.0', port: 12_090 },
  sandbox: {
    mode: 'allow',
    runtime: 'podman',
    rootless: true,
    maxConcurrency: 4,
    defaultTimeoutSeconds: 3600,
    maxTimeoutSeconds: 10_800,
    mountRoot: '/m',
    ceiling: {},
    workspaceMb: 10_240,
    firstUid: 1_900_000_000,
    ...sandbox,
  },
  inferenceMode: 'allow',
  ollama: {
    port: 11_434,
    bindAddress: '127.0.0.1',
    containerName: 'cynodeai-ollama',
    allowGpu: true,
  },
  stateDir: '/s',
  artifactsDir: '/s/artifacts',
  logLevel: 'info',
  shutdownGraceMs: 1,
  reportIntervalMs: 1,
  ...more,
});
