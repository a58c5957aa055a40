import { fakeNode, type FakeNode, type NodeSession } from '@cynodeai/testing/doubles';
import { controlPlaneRoutes } from '@cynodeai/contracts/control-plane';
import type { Route } from '@cynodeai/contracts/common';
import { type FuzzTarget, fuzzRun } from '@cynodeai/testing/fuzz';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type TestControlPlane,
  psk,
  testControlPlane,
} from '../control-plane/support/control-plane.ts';
import { logText } from './support/log-text.ts';
import { runnerToken, workflowSamples } from './support/workflow-samples.ts';

const readTimeoutMs = 4000;

let controlPlane: TestControlPlane;
let node: FakeNode;
let session: NodeSession;
let target: FuzzTarget;

/** A report with every field there is. */
function fullReport(slug: string) {
  return {
    version: 1,
    reported_at: '2026-01-01T00:00:00.000Z',
    node: { node_slug: slug, name: 'a node', labels: ['rack-1'] },
    platform: { os: 'linux', distro: 'debian', arch: 'amd64', kernel_version: '6.1' },
    container_runtime: { runtime: 'podman', version: '4.3', rootless_supported: true },
    compute: { cpu_model: 'x', cpu_count: 1, cpu_cores: 2, ram_mb: 2048, storage_free_mb: 10 },
    gpu: { present: true, devices: [{ vendor: 'v', vram_mb: 1, features: { k: 'x' } }] },
    sandbox: { supported: true, features: ['seccomp'], max_concurrency: 4 },
    network: { orchestrator_reachable: true, outbound_policy: 'none' },
    inference: { supported: false, models: [{ model_ref: 'tiny:1', status: 'available' }] },
    worker_api: { base_url: node.url },
    tls: { trust_material_status: 'ok', worker_api_server_cert_pem: 'pem' },
  };
}

beforeAll(async () => {
  controlPlane = await testControlPlane({
    env: {
      READ_TIMEOUT: `${readTimeoutMs}ms`,
      DISPATCHER_ENABLED: 'false',
      WORKFLOW_RUNNER_BEARER_TOKEN: runnerToken,
    },
    overrides: { registrationsPerMinute: 1_000_000 },
  });
  node = await fakeNode({ slug: 'fuzz-node' });
  const stale = await node.join(controlPlane.url);
  // Of an older version: it may register again and again without a proof.
  await controlPlane.db
    .insertInto('nodes')
    .values({ node_slug: 'fuzz-other', status: 'registered' })
    .execute();
  // Registering again makes the first token worthless.
  session = await node.join(controlPlane.url);
  target = {
    name: 'control-plane',
    port: Number(new URL(controlPlane.url).port),
    routes: Object.values(controlPlaneRoutes),
    bearer: ({ auth }: Route) =>
      auth === 'node' ? session.jwt : auth === 'runner' ? runnerToken : undefined,
    foreignTokens: [stale.jwt, node.token ?? '', psk],
    // No inference path: it is never ready here, and no model is asked.
    // A token is good once, so that none is good for a right request sent again and again.
    refused: ['health.readyz', 'nodes.join', 'inference.create'],
    secrets: [
      session.jwt,
      runnerToken,
      psk,
      node.token ?? psk,
      controlPlane.env['JWT_SECRET'] ?? psk,
      controlPlane.env['ORCHESTRATOR_SECRETS_KEY'] ?? psk,
    ],
    storesText: true,
    // Unknown fields are dropped there.
    unstored: [
      'nodes.register/body',
      'nodes.register/body.identity',
      'nodes.register/body.identity.proof',
      'nodes.join/body',
      'nodes.config.ack/body',
      'nodes.config.ack/body.error',
    ],
    logged: ['nodes.config.ack/body.error.type'],
    bodyLimitBytes: 10 * 1024 * 1024,
    readTimeoutMs,
    logText: () => logText(controlPlane.log),
    samples: {
      ...(await workflowSamples(controlPlane)),
      'nodes.register': [
        { body: { psk, capability: fullReport('fuzz-other') } },
        {
          body: {
            psk,
            capability: fullReport('fuzz-node'),
            identity: { public_key: node.key.publicKey },
          },
        },
      ],
      'nodes.join': [{ body: { version: 1, token: 'x'.repeat(43), node_slug: 'fuzz-join' } }],
      'nodes.capability': [{ body: fullReport('fuzz-node') }],
      'nodes.config.ack': [
        {
          body: {
            version: 1,
            node_slug: 'fuzz-node',
            config_version: session.configVersion ?? '',
            ack_at: '2026-01-01T00:00:00.000Z',
            status: 'failed',
            error: { type: 'fuzz', message: 'bad input', details: { k: 'x' } },
            effective_config_hash: 'ab'.repeat(32),
          },
        },
      ],
    },
  };
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await controlPlane[Symbol.asyncDispose]();
});

it('answers bad input of every kind by its contract, and serves on (REQ-STANDS-0103, REQ-STANDS-0108, REQ-STANDS-0110)', async () => {
  const { verdict } = await fuzzRun(target);
  expect(verdict.join('\n')).toBe('');
  expect(await (await fetch(`${controlPlane.url}/healthz`)).text()).toBe('ok');
  expect((await session.sendReport(node.report())).status).toBe(204);
  expect(controlPlane.log.lines.filter((line) => line.level === 'error')).toEqual([]);
}, 240_000);
