import type { NodeConfigurationPayload } from '@cynodeai/contracts/control-plane';
import { testVersion } from '@cynodeai/testing/doubles';
import { waitToPass } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { TestNode } from './support/test-node.ts';

const laterVersion = '01J00000000000000000000000';
const laterToken = 'later-token-0123456789-abcdefghijklmnop';
/** The configuration with another Worker token, as every registration makes one. */
const renewed = (config: NodeConfigurationPayload): NodeConfigurationPayload => ({
  ...config,
  config_version: laterVersion,
  worker_api: { orchestrator_bearer_token: laterToken },
});

describe('a running node', () => {
  it('loses and regains readiness with its container runtime and its mount root (2.3)', async () => {
    await using node = await TestNode.create();
    await node.start();
    node.host.engine.broken = 'the runtime is gone';
    await node.passMinute();
    await waitToPass(async () => {
      expect(await node.get('/readyz')).toMatchObject({
        status: 503,
        text: 'not ready: container runtime',
      });
    });
    expect(await node.run(['exit', '0'])).toMatchObject({ status: 503, kind: 'node_not_ready' });
    await node.passMinute();
    await waitToPass(() =>
      expect(node.orchestrator.reports.at(-1)?.sandbox?.supported).toBe(false),
    );
    node.host.engine.broken = undefined;
    node.host.workspace.broken = 'read-only file system';
    await node.passMinute();
    await waitToPass(async () => {
      expect((await node.get('/readyz')).text).toBe('not ready: sandbox mount root');
    });
    node.host.workspace.broken = undefined;
    await node.passMinute();
    await waitToPass(async () => expect((await node.get('/readyz')).text).toBe('ready'));
    expect((await node.run(['exit', '0'])).status).toBe(200);
  });

  it('reports every minute and survives an orchestrator that is away', async () => {
    await using node = await TestNode.create();
    await node.start();
    await node.passMinute();
    await waitToPass(() => expect(node.orchestrator.calls).toContain('report'));
    node.orchestrator.scripts.report.push('close', 500);
    await node.passMinute();
    await waitToPass(() => expect(node.orchestrator.calls.at(-1)).toBe('report!'));
    await node.passMinute();
    await node.passMinute();
    await waitToPass(() => expect(node.orchestrator.calls.at(-1)).toBe('report'));
    expect(node.failures).toEqual([]);
  });

  it('registers again when its token is refused, takes over what that made, and repeats report and ack', async () => {
    await using node = await TestNode.create();
    await node.start();
    const running = node.run(['hold']);
    await waitToPass(() => expect(node.host.engine.held).toHaveLength(1));
    node.orchestrator.calls.length = 0;
    node.orchestrator.revokeTokens();
    node.orchestrator.editConfig = renewed;
    await node.passMinute();
    const calls = ['report!', 'register', 'fetch', 'report', 'ack:applied'];
    await waitToPass(() => expect(node.orchestrator.calls).toEqual(calls));
    expect(node.orchestrator.acks.map((ack) => ack.config_version)).toEqual([
      testVersion,
      laterVersion,
    ]);
    // The old Worker token is worth nothing from then on; the job that came by it goes on.
    const job = `/v1/worker/jobs/${node.orchestrator.slug}`;
    expect((await node.get(job)).status).toBe(401);
    expect((await node.get(job, laterToken)).status).not.toBe(401);
    node.host.engine.finish(node.host.engine.held[0] ?? '');
    expect((await running).status).toBe(200);
  });

  it('takes over the configuration later when it cannot be fetched at once', async () => {
    await using node = await TestNode.create();
    await node.start();
    node.orchestrator.calls.length = 0;
    node.orchestrator.revokeTokens();
    node.orchestrator.editConfig = renewed;
    node.orchestrator.scripts.fetch.push('close');
    await node.passMinute();
    await waitToPass(() => expect(node.orchestrator.calls.at(-1)).toBe('fetch!'));
    await node.passMinute();
    const calls = ['report!', 'register', 'fetch!', 'fetch', 'report', 'ack:applied'];
    await waitToPass(() => expect(node.orchestrator.calls).toEqual(calls));
    expect(node.config.token).toBe(laterToken);
    expect(node.failures).toEqual([]);
  });

  it('ends when it cannot use the configuration of its new registration', async () => {
    await using node = await TestNode.create();
    await node.start();
    node.orchestrator.revokeTokens();
    node.orchestrator.editConfig = (config) => ({ ...config, node_slug: 'another' });
    await node.passMinute();
    await waitToPass(() => expect(node.failures.join()).toContain('wrong_node_slug'));
  });

  it('registers by the same key in every run', async () => {
    await using node = await TestNode.create();
    await node.start();
    await node.restart();
    const keys = new Set(node.orchestrator.publicKeys);
    expect(node.orchestrator.publicKeys).toHaveLength(2);
    expect(keys.size).toBe(1);
  });

  it('ends when the orchestrator does not take it back', async () => {
    await using node = await TestNode.create();
    await node.start();
    node.orchestrator.revokeTokens();
    node.orchestrator.scripts.register.push(403);
    await node.passMinute();
    await waitToPass(() => expect(node.failures.join()).toContain('403'));
  });

  it('ends when the orchestrator has forgotten the applied configuration', async () => {
    await using node = await TestNode.create();
    await node.start();
    node.orchestrator.revokeTokens();
    node.orchestrator.scripts.ack.push(409);
    await node.passMinute();
    await waitToPass(() => expect(node.failures.join()).toContain('restart the node'));
  });

  it('answers jobs in flight with 503 when it is stopped and ends clean (REQ-WORKER-0257)', async () => {
    await using node = await TestNode.create();
    await node.start();
    const running = node.run(['hold']);
    await waitToPass(() => expect(node.host.engine.held).toHaveLength(1));
    node.signalStop();
    expect(await node.get('/readyz')).toMatchObject({
      status: 503,
      text: 'not ready: shutting down',
    });
    expect(await node.run(['exit', '0'])).toMatchObject({
      status: 503,
      kind: 'node_shutting_down',
    });
    expect(await node.stop()).toBe(true);
    expect(await running).toMatchObject({ status: 503, kind: 'node_shutting_down' });
    expect(node.host.engine.calls).toContain('stop 10');
    await expect(node.get('/healthz')).rejects.toThrow();
    const outcome = node.log.lines.find((line) => line.message === 'sandboxes stopped');
    expect(outcome?.fields['stopped']).toHaveLength(1);
  });

  it('names containers that resist and does not end clean', async () => {
    await using node = await TestNode.create();
    node.env['NODE_SHUTDOWN_GRACE_SECONDS'] = '0';
    await node.start();
    const running = node.run(['hold']);
    await waitToPass(() => expect(node.host.engine.held).toHaveLength(1));
    const [name] = node.host.engine.held;
    node.host.engine.stubborn = true;
    const ended = node.stop();
    await waitToPass(() => expect(node.log.text()).toContain('resisted the shutdown'));
    expect(node.log.text()).toContain(name);
    node.host.engine.finish(name ?? '');
    expect((await running).status).toBe(200);
    expect(await ended).toBe(false);
  });
});
