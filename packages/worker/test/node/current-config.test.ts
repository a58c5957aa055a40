import { testToken, testVersion } from '@cynodeai/testing/doubles';
import { waitToPass } from '@cynodeai/testing';
import { uuidv7 } from '@cynodeai/runtime/std';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppliedConfig } from '../../src/app/node/current-config.ts';
import { chunked } from './support/chunked.ts';
import { TestNode } from './support/test-node.ts';

const nextToken = 'next-token-0123456789-abcdefghijklmnopqr';
const run = '/v1/worker/jobs:run';
const mib = 1024 * 1024;

let node: TestNode;

beforeEach(async () => {
  node = await TestNode.create();
  await node.start();
});

afterEach(() => node[Symbol.asyncDispose]());

/** Puts another configuration into effect, as an update would; the process goes on. */
function change(next: Partial<AppliedConfig['policy']>, token = testToken): void {
  node.config.apply({
    configVersion: '01HZZZZZZZZZZZZZZZZZZZZZZY',
    effectiveHash: 'f'.repeat(64),
    policy: { ...node.config.policy, ...next },
    token,
    ordersInference: false,
  });
}

async function stage(bytes: number): Promise<number> {
  const { status } = await fetch(
    `${node.url}/v1/worker/jobs/${uuidv7()}/input-files?path=upload%2Fa`,
    {
      method: 'PUT',
      body: new Uint8Array(bytes),
      headers: {
        authorization: `Bearer ${testToken}`,
        'content-type': 'application/octet-stream',
      },
    },
  );
  return status;
}

describe('the request after a change of the configuration', () => {
  it('goes by the new token, on every route, and not by the old one', async () => {
    const routes = [
      '/v1/openapi.json',
      `/v1/worker/jobs/${uuidv7()}`,
      '/v1/worker/inference/models',
      '/v1/worker/inference/proxy/api/version',
    ];
    change({}, nextToken);
    for (const route of routes) {
      expect((await node.get(route)).status).toBe(401);
      expect((await node.get(route, nextToken)).status).not.toBe(401);
    }
    const headers = { authorization: `Bearer ${nextToken}` };
    expect((await node.post(run, '{}')).status).toBe(401);
    expect((await node.post(run, '{}', headers)).status).toBe(400);
  });

  it('goes by a smaller body limit, and by a larger one', async () => {
    expect((await node.post(run, 'x'.repeat(3000))).status).toBe(400);
    change({ maxRequestBytes: 2000 });
    expect((await node.post(run, 'x'.repeat(2000))).status).toBe(400);
    expect((await node.post(run, 'x'.repeat(2001))).status).toBe(413);
    expect((await node.post(run, chunked(2000))).status).toBe(400);
    expect((await node.post(run, chunked(2001))).status).toBe(413);
    expect(await stage(2000)).toBe(204);
    expect(await stage(2001)).toBe(413);
    change({ maxRequestBytes: 12 * mib });
    expect((await node.post(run, 'x'.repeat(11 * mib))).status).toBe(400);
    expect((await node.post(run, chunked(11 * mib))).status).toBe(400);
    expect(await stage(11 * mib)).toBe(204);
  });

  it('goes by the new limits of jobs', async () => {
    expect((await node.run(['exit', '0'])).status).toBe(200);
    change({ maxTimeoutSeconds: 7, defaultTimeoutSeconds: 7 });
    expect((await node.run(['exit', '0'])).status).toBe(200);
    expect(node.host.engine.specs.at(-1)?.timeoutSeconds).toBe(7);
    change({ allowedImages: [] });
    expect((await node.run(['exit', '0'])).kind).toBe('node_policy_refused');
    change({ allowedImages: ['docker.io/library/tools:latest'] });
    expect((await node.run(['exit', '0'])).status).toBe(200);
  });

  it('is acknowledged with the version in effect, which is that of a new registration', async () => {
    expect(node.orchestrator.acks.map((ack) => ack.config_version)).toEqual([testVersion]);
    change({}, nextToken);
    node.orchestrator.revokeTokens();
    await node.passMinute();
    await waitToPass(() => expect(node.orchestrator.acks).toHaveLength(2));
    const [first, second] = node.orchestrator.acks;
    expect(second).toEqual({ ...first, ack_at: second?.ack_at });
    expect(node.config.token).toBe(testToken);
  });
});
