import { parseJson } from '@cynodeai/runtime/std';
import { testPsk, testToken, testVersion } from '@cynodeai/testing/doubles';
import { createServer } from 'node:net';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TestNode } from './support/test-node.ts';

const older = '01HYYYYYYYYYYYYYYYYYYYYYYY';
const newer = '01J00000000000000000000000';

describe('the start of a node', () => {
  it('keeps the order with odd URLs and a slow configuration (REQ-WORKER-0252..0256)', async () => {
    await using node = await TestNode.create();
    const events: string[] = [];
    const probe = async (): Promise<string> => {
      try {
        return `readyz ${(await node.get('/readyz')).status}`;
      } catch {
        return 'port closed';
      }
    };
    node.onOpenHost = () => events.push('host opened');
    node.orchestrator.onCall = (call) => events.push(call);
    node.orchestrator.beforeConfig = async () => {
      events.push(...node.host.engine.calls.splice(0), await probe());
    };
    let ackSeen = '';
    node.orchestrator.scripts.ack.push(503);
    await node.start();
    ackSeen = await probe();
    expect(events).toEqual([
      'host opened',
      'register',
      'fetch',
      'removeLeftovers node-a',
      'check',
      'port closed',
      'ack:applied',
      'ack:applied',
    ]);
    expect(ackSeen).toBe('readyz 200');
    const [ack] = node.orchestrator.acks;
    expect(ack).toMatchObject({
      version: 1,
      node_slug: 'node-a',
      status: 'applied',
      config_version: testVersion,
    });
    expect(ack?.effective_config_hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('reports the facts it should (REQ-WORKER-0251, REQ-WORKER-0139)', async () => {
    await using node = await TestNode.create();
    await node.start();
    const [report] = node.orchestrator.reports;
    expect(report).toMatchObject({
      version: 1,
      node: { node_slug: 'node-a' },
      platform: { os: 'linux' },
      container_runtime: { runtime: 'podman', rootless_supported: true, rootless_enabled: true },
      sandbox: {
        supported: true,
        max_concurrency: 4,
        features: ['folders', 'job_secrets', 'netns', 'seccomp', 'workspaces'],
      },
      inference: { supported: false, mode: 'allow', existing_service: false, running: false },
      worker_api: { base_url: node.url },
    });
    expect(['amd64', 'arm64']).toContain(report?.platform.arch);
    expect(report?.compute.ram_mb).toBeGreaterThan(0);
    expect(JSON.stringify(report)).not.toContain(testPsk);
  });

  it('waits out an orchestrator that is down, overloaded or not prepared', async () => {
    await using node = await TestNode.create();
    node.orchestrator.scripts.register.push('close', 503, 429);
    node.orchestrator.scripts.fetch.push(404, 500);
    node.orchestrator.scripts.ack.push('close', 502);
    await node.start();
    expect(node.orchestrator.calls).toEqual([
      'register!',
      'register!',
      'register!',
      'register',
      'fetch!',
      'fetch!',
      'fetch',
      'ack:applied!',
      'ack:applied!',
      'ack:applied',
    ]);
    expect(node.time.slept.slice(0, 3)).toEqual([1000, 2000, 4000]);
    expect(node.time.slept.every((ms) => ms >= 1000)).toBe(true);
  });

  it('gives up on an orchestrator that stays away for 300 seconds', async () => {
    await using node = await TestNode.create();
    await node.orchestrator.close();
    expect(await node.startFails()).toContain('no answer from');
    const total = node.time.slept.reduce((sum, ms) => sum + ms, 0);
    expect(total).toBeGreaterThan(260_000);
    expect(total).toBeLessThanOrEqual(300_000);
    expect(Math.max(...node.time.slept)).toBe(30_000);
    await node.orchestrator.listen();
  });

  it('ends at once when the pre-shared key is wrong', async () => {
    await using node = await TestNode.create();
    node.env['NODE_REGISTRATION_PSK'] = 'another-key-with-enough-bytes';
    expect(await node.startFails()).toContain('401');
    expect(node.orchestrator.calls).toEqual(['register!']);
    expect(node.time.slept).toEqual([]);
  });

  it('registers once more when its token is refused, then repeats the call', async () => {
    await using node = await TestNode.create();
    node.orchestrator.scripts.fetch.push(401);
    await node.start();
    expect(node.orchestrator.calls).toEqual([
      'register',
      'fetch!',
      'register',
      'fetch',
      'ack:applied',
    ]);
  });

  it('ends when the token of a new registration is refused as well', async () => {
    await using node = await TestNode.create();
    node.orchestrator.scripts.fetch.push(401, 401);
    expect(await node.startFails()).toContain('401');
    expect(node.orchestrator.calls).toEqual(['register', 'fetch!', 'register', 'fetch!']);
  });

  it('ends on a bootstrap that is none, without quoting it', async () => {
    await using node = await TestNode.create();
    node.orchestrator.scripts.register.push(200);
    expect(await node.startFails()).toBe(
      'register: the answer is not a bootstrap payload of version 1',
    );
  });

  it('tries runtime and mount root three times, five seconds apart, before it registers', async () => {
    await using node = await TestNode.create();
    node.host.engine.broken = 'crun cannot run here; install runc';
    expect(await node.startFails()).toContain('install runc');
    expect(node.host.engine.calls.filter((call) => call === 'check')).toHaveLength(3);
    expect(node.time.slept).toEqual([5000, 5000]);
    expect(node.orchestrator.calls).toEqual([]);
    node.host.engine.broken = undefined;
    node.host.workspace.broken = 'mount root is read-only';
    expect(await node.startFails()).toContain('mount root is read-only');
  });

  it('does not need a mount root when sandboxing is disabled, and then refuses jobs with 403', async () => {
    await using node = await TestNode.create();
    node.host.workspace.broken = 'read-only';
    const configPath = join(node.stateDir, 'node.yaml');
    await writeFile(configPath, 'version: 1\nsandbox: { mode: disabled }\n');
    await node.start(configPath);
    expect(node.orchestrator.reports[0]?.sandbox?.supported).toBe(false);
    expect(await node.run(['exit', '0'])).toMatchObject({
      status: 403,
      kind: 'node_policy_refused',
    });
  });

  it('answers a busy port with a failed ack', async () => {
    await using node = await TestNode.create();
    const port = Number(new URL(node.url).port);
    const holder = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    expect(await node.startFails()).toContain('listen_failed');
    expect(node.orchestrator.acks).toMatchObject([
      { status: 'failed', config_version: testVersion, error: { type: 'listen_failed' } },
    ]);
    await new Promise((resolve) => holder.close(resolve));
  });

  it('answers an order for inference with a failed ack and never becomes ready', async () => {
    await using node = await TestNode.create();
    node.orchestrator.editConfig = (config) => ({ ...config, inference_backend: {} });
    const readyz: number[] = [];
    const asked = Promise.withResolvers<void>();
    node.orchestrator.scripts.ack.push(503);
    node.orchestrator.onCall = (call) => {
      if (!call.startsWith('ack')) return;
      node.get('/readyz').then((answer) => {
        readyz.push(answer.status);
        asked.resolve();
      }, asked.reject);
    };
    expect(await node.startFails()).toContain('inference_start_failed');
    await asked.promise;
    expect(readyz[0]).toBe(503);
    expect(node.orchestrator.acks[0]?.error?.type).toBe('inference_start_failed');
    node.orchestrator.editConfig = (config) => ({
      ...config,
      inference_backend: { enabled: false },
    });
  });

  it.each([
    ['text that is not JSON', () => '{"version":', 'unparsable_configuration', '0'.repeat(26)],
    ['another version', () => ({ version: 2 }), 'unsupported_payload_version', undefined],
    ['another slug', () => ({ node_slug: 'node-b' }), 'wrong_node_slug', undefined],
    ['a missing token', () => ({ worker_api: {} }), 'invalid_configuration', undefined],
    [
      'a bad config_version',
      () => ({ config_version: '7' }),
      'invalid_configuration',
      '0'.repeat(26),
    ],
  ])('answers %s with a failed ack', async (_title, change, type, version) => {
    await using node = await TestNode.create();
    node.orchestrator.editConfig = (config) => {
      const edit = change();
      return typeof edit === 'string' ? edit : { ...config, ...edit };
    };
    expect(await node.startFails()).toContain(type);
    expect(node.orchestrator.acks).toMatchObject([
      { status: 'failed', config_version: version ?? testVersion, error: { type } },
    ]);
    await expect(node.get('/readyz')).rejects.toThrow();
    expect(node.log.text()).not.toContain(testToken);
  });

  it('ends all the same when its failed ack is refused', async () => {
    await using node = await TestNode.create();
    node.orchestrator.editConfig = () => 'not JSON';
    node.orchestrator.scripts.ack.push(409);
    expect(await node.startFails()).toContain('unparsable_configuration');
    expect(node.log.text()).toContain('the failed ack could not be delivered');
  });

  it('removes and names what an earlier run left before it checks the host', async () => {
    await using node = await TestNode.create();
    node.host.engine.leave('node-a', 'cynode-sandbox-x');
    await node.start();
    const line = node.log.lines.find((entry) => entry.message.startsWith('removed what'));
    expect(line?.fields).toEqual({ containers: ['cynode-sandbox-x'], jobs: [] });
    expect(node.host.engine.calls).toEqual(['removeLeftovers node-a', 'check']);
  });

  it('refuses a configuration older than the last applied one, in a later run too (REQ-WORKER-0135)', async () => {
    await using node = await TestNode.create();
    const file = join(node.stateDir, 'applied-config.json');
    await writeFile(file, JSON.stringify({ config_version: newer }));
    expect(await node.startFails()).toContain('stale_config_version');
    expect(node.orchestrator.acks).toMatchObject([
      { status: 'failed', config_version: testVersion, error: { type: 'stale_config_version' } },
    ]);
    await writeFile(file, JSON.stringify({ config_version: testVersion }));
    await node.start();
    expect(node.orchestrator.acks.at(-1)?.status).toBe('applied');
    expect(parseJson(await readFile(file, 'utf8'))).toEqual({ config_version: testVersion });
    expect(older < testVersion).toBe(true);
  });

  it('ends at once on a state directory that cannot be used', async () => {
    await using node = await TestNode.create();
    await mkdir(join(node.stateDir, 'applied-config.json'));
    expect(await node.startFails()).toContain('state directory cannot be used');
    expect(node.orchestrator.calls).toEqual([]);
  });

  it('stops waiting for the orchestrator when it is told to stop', async () => {
    await using node = await TestNode.create();
    node.orchestrator.scripts.register.push('close');
    node.orchestrator.onCall = () => node.signalStop();
    await expect(node.start()).rejects.toThrow();
    expect(node.orchestrator.calls).toEqual(['register!']);
  });
});
