import { parseJson } from '@cynodeai/runtime/std';
import { type FakeGateway, alice, json, problem } from '@cynodeai/testing/doubles';
import { describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { type Ran, type RunOptions, runInProcess } from './support/run-in-process.ts';

const at = '2026-11-20T10:00:00.000Z';
const id = '0198c0de-0000-7000-8000-0000000000e0';
const node = {
  node_id: id,
  node_slug: 'node-a',
  status: 'active',
  enabled: true,
  last_heartbeat: at,
  capability_summary: 'linux/amd64, 2 cores',
  registered_at: at,
  identity: 'key',
  reported: { name: 'a node', orchestrator_transport: 'plain' },
  refused_registration: { at, address: '10.0.0.7' },
  worker_api_bearer_token: 'canary',
};
const fresh = {
  node_id: id.replace('e0', 'e1'),
  node_slug: 'node-b',
  status: 'registered',
  enabled: true,
};

let gateway: FakeGateway;
let home: Home;
eachTest((place) => {
  ({ gateway, home } = place);
  gateway
    .on('GET /v1/nodes', json(200, { nodes: [node, fresh], next_cursor: 'more' }))
    .on('GET /v1/nodes/node-a', json(200, node))
    .on(
      'POST /v1/nodes/node-a/allow-reregister',
      json(200, { node_id: id, node_slug: 'node-a', reregistration_allowed_until: at }),
    );
});

const run = (args: readonly string[], options?: RunOptions): Promise<Ran> =>
  runInProcess(home, ['nodes', ...args], { env: { CYNORK_TOKEN: alice.token }, ...options });

describe('nodes', () => {
  it('list has one line for each, with the time of a refused attempt to register as it', async () => {
    const table = await run(['list', '-l', '2']);
    expect(table).toEqual({
      code: 0,
      stdout: [
        'node_id\tstatus\tenabled\tlast_heartbeat\tcapability_summary\tnode_slug\tidentity\trefused_registration_at',
        `${id}\tactive\ttrue\t${at}\tlinux/amd64, 2 cores\tnode-a\tkey\t${at}`,
        `${fresh.node_id}\tregistered\ttrue\t\t\tnode-b\t\t`,
        '',
      ].join('\n'),
      stderr: 'next_cursor=more\n',
    });
    const { stdout } = await run(['list', '-o', 'json', '--cursor', 'c']);
    expect(parseJson(stdout)).toMatchObject({
      nodes: [{ node_id: id, status: 'active', enabled: true }, { node_id: fresh.node_id }],
      next_cursor: 'more',
    });
    expect(gateway.requests.map(({ url }) => url)).toEqual([
      '/v1/nodes?limit=2',
      '/v1/nodes?limit=50&cursor=c',
    ]);
    expect(table.stdout + stdout).not.toContain('canary');
  });

  it('get shows one by slug or uuid, and where a refused attempt came from', async () => {
    const { stdout } = await run(['get', 'node-a', '-o', 'json']);
    expect(parseJson(stdout)).toMatchObject({
      node_id: id,
      status: 'active',
      enabled: true,
      orchestrator_transport: 'plain',
      refused_registration_at: at,
      refused_registration_from: '10.0.0.7',
    });
    expect((await run(['get', 'node-a'])).stdout).toContain(`node_id=${id} status=active`);
    gateway.on('GET /v1/nodes/nobody', problem(404, 'not_found', 'no such node'));
    expect((await run(['get', 'nobody'])).code).toBe(4);
  });

  it('allow-reregister says until when', async () => {
    expect(await run(['allow-reregister', 'node-a'])).toEqual({
      code: 0,
      stdout: `node_id=${id} node_slug=node-a reregistration_allowed_until=${at}\n`,
      stderr: '',
    });
    expect((await run(['allow-reregister'])).code).toBe(2);
  });
});
