import { nodeConfigurationPayloadSchema } from '@cynodeai/contracts/control-plane';
import { type SigningKey, createSigningKey } from '@cynodeai/runtime/crypto';
import { FakeWorker } from './fake-worker.ts';
import { register } from './registration.ts';
import type { FakeNode, FakeNodeOptions, KeptJob } from './types.ts';

const keys = new Map<string, SigningKey>();

/** A node of the same slug is the same one that has come back, also in another test on one database. */
function keyOf(slug: string): SigningKey {
  const key = keys.get(slug) ?? createSigningKey().key;
  keys.set(slug, key);
  return key;
}

/** A node that is a real HTTP server with the Worker API's schemas, retention included. */
export async function fakeNode(options: FakeNodeOptions): Promise<FakeNode> {
  const kept = new Map<string, KeptJob>();
  const node: FakeNode = {
    slug: options.slug,
    key: keyOf(options.slug),
    url: '',
    runs: [],
    uploads: [],
    reused: [],
    executed: [],
    stops: [],
    asked: [],
    acked: [],
    stopAlls: 0,
    loads: [],
    lists: 0,
    models: new Map(),
    workspaces: new Set(),
    kept,
    tokensSeen: new Set(),
    token: undefined,
    report: (extra = {}) => ({
      version: 1,
      reported_at: new Date().toISOString(),
      node: { node_slug: options.slug },
      platform: { os: 'linux', arch: 'amd64' },
      compute: { cpu_cores: 2, ram_mb: 2048 },
      sandbox: { supported: true, max_concurrency: options.maxConcurrency ?? 4 },
      inference: { supported: false },
      worker_api: { base_url: node.url },
      ...options.report,
      ...extra,
    }),
    join: async (controlPlane) => {
      const { psk } = options;
      const session = await register(controlPlane, node.report(), { psk, key: node.key });
      const config = nodeConfigurationPayloadSchema.parse(
        await (await session.fetchConfig()).json(),
      );
      node.token = config.worker_api.orchestrator_bearer_token;
      const acked = await session.ack({
        node_slug: options.slug,
        config_version: config.config_version,
        status: 'applied',
      });
      if (acked.status !== 204) throw new Error(`ack: ${acked.status} ${await acked.text()}`);
      return { ...session, configVersion: config.config_version };
    },
    freeze: () => worker.freeze(),
    thaw: () => worker.thaw(),
    kill: () => worker.close(),
    restart: async () => {
      await worker.close();
      await worker.listen(port);
    },
    close: () => worker.close(),
    [Symbol.asyncDispose]: () => worker.close(),
  };
  const worker = new FakeWorker(options, node, kept);
  const port = await worker.listen(0);
  return Object.assign(node, { url: `http://127.0.0.1:${port}` });
}
