import { randomUUID } from 'node:crypto';
import { nodeJoinTokenSchema, nodeListSchema, nodeSchema } from '@cynodeai/contracts/gateway';
import { sha256 } from '@cynodeai/runtime/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { as, gatewayRows } from './support/admin.ts';
import { Administration } from './support/administration.ts';
import type { TestGateway } from './support/gateway.ts';
import type { Answer } from './support/http.ts';
import { type TestUser, addUser } from './support/users.ts';

let office: Administration;
let one: TestGateway;
let root: TestUser;
let plain: TestUser;

const report = {
  platform: { os: 'linux', arch: 'amd64' },
  compute: { cpu_cores: 2, ram_mb: 2048 },
  container_runtime: { runtime: 'podman' },
  inference: { running: true, models: [{ model_ref: 'a:1', status: 'available' }] },
  node: { name: `n${'x'.repeat(500)}` },
  network: { orchestrator_transport: 'plain' },
  future: { canary: 'canary' },
};

async function addNode(slug: string, values: Record<string, unknown> = {}): Promise<string> {
  const { id } = await one.db
    .insertInto('nodes')
    .values({ node_slug: slug, status: 'active', ...values })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

beforeAll(async () => {
  office = await Administration.start();
  ({ one, root } = office);
  plain = await addUser(one, 'plain');
});
afterAll(() => office[Symbol.asyncDispose]());

const get = (path: string, who = root): Promise<Answer> => as(one, who, 'GET', `/v1/nodes${path}`);
const allow = (node: string, who = root): Promise<Answer> =>
  as(one, who, 'POST', `/v1/nodes/${node}/allow-reregister`);

describe('nodes at the gateway', () => {
  it('are listed by slug, in pages, with what they report and no more of it', async () => {
    const seen = new Date('2026-05-01T00:00:00Z');
    const id = await addNode('b', { last_seen_at: seen, worker_api_bearer_token: 'canary' });
    await addNode('a', { identity_key: 'canary', identity_settled_at: seen });
    await addNode('C', { identity_settled_at: seen });
    await one.db
      .insertInto('node_capabilities')
      .values({ node_id: id, reported_at: seen, capability_snapshot: JSON.stringify(report) })
      .execute();
    const first = nodeListSchema.parse((await get('?limit=2')).body);
    const second = nodeListSchema.parse(
      (await get(`?limit=2&cursor=${encodeURIComponent(first.next_cursor ?? '')}`)).body,
    );
    expect(second.next_cursor).toBeUndefined();
    const nodes = [...first.nodes, ...second.nodes];
    expect(nodes.map(({ node_slug, identity }) => [node_slug, identity])).toEqual([
      ['C', 'none'],
      ['a', 'key'],
      ['b', 'unsettled'],
    ]);
    expect(nodes[2]).toMatchObject({
      node_id: id,
      status: 'active',
      enabled: true,
      last_heartbeat: seen.toISOString(),
      capability_summary: 'linux/amd64, 2 cores, 2048 MiB, podman, inference, 1 models',
      reported: { name: `n${'x'.repeat(127)}`, orchestrator_transport: 'plain' },
    });
    expect((await get('?limit=2')).text).not.toContain('canary');
    expect((await get('?cursor=nonsense')).status).toBe(400);
  });

  it('are found by id and by slug, an id first', async () => {
    const id = await addNode('named');
    await addNode(id);
    expect(nodeSchema.parse((await get(`/${id}`)).body).node_slug).toBe('named');
    expect(nodeSchema.parse((await get('/named')).body).node_id).toBe(id);
    for (const nobody of ['nobody', 'NAMED', randomUUID()]) {
      expect((await get(`/${nobody}`)).status).toBe(404);
      expect((await allow(nobody)).status).toBe(404);
    }
    expect((await get('/a%20b')).status).toBe(400);
  });

  it('are let in anew by owner and admin only, for an hour; both leave audit rows', async () => {
    const id = await addNode('lost');
    for (const role of ['operator', 'member', 'viewer']) {
      expect((await allow('lost', await office.holderOf(role))).status).toBe(403);
    }
    expect((await allow('lost', plain)).status).toBe(403);
    const before = one.clock.now().getTime();
    const answer = await allow('lost', await office.holderOf('admin'));
    expect(answer.status).toBe(200);
    const until = new Date(before + 3_600_000).toISOString();
    const allowed = { node_id: id, node_slug: 'lost', reregistration_allowed_until: until };
    expect(answer.body).toEqual(allowed);
    const stored = one.db.selectFrom('nodes').select('reregistration_expires_at as until');
    expect((await stored.where('id', '=', id).executeTakeFirst())?.until?.toISOString()).toBe(
      until,
    );
    expect((await gatewayRows(one, id)).at(-1)).toMatchObject({
      action: 'node.allow_reregister',
      resource_type: 'node',
      decision: 'allow',
      status_code: 200,
      details: { operation: 'nodes.allow_reregister', node_slug: 'lost' },
    });
    expect((await get('/lost')).body).toMatchObject({ reregistration_allowed_until: until });
    one.clock.advance(3_600_000);
    expect((await get('/lost')).body).not.toHaveProperty('reregistration_allowed_until');
  });

  it('show a refused attempt to those who may let one in, and to nobody else', async () => {
    const at = new Date('2026-05-01T00:00:00Z');
    const refused = { registration_refused_at: at, registration_refused_from: '10.0.0.7' };
    await addNode('tried', refused);
    expect((await get('/tried')).body).toMatchObject({
      refused_registration: { at: at.toISOString(), address: '10.0.0.7' },
    });
    for (const who of [plain, await office.holderOf('operator'), await office.holderOf('viewer')]) {
      const answer = await get('/tried', who);
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain('10.0.0.7');
      expect(answer.body).not.toHaveProperty('refused_registration');
    }
  });
});

describe('a join token', () => {
  const invite = (body: unknown, who = root): Promise<Answer> =>
    as(one, who, 'POST', '/v1/nodes/join-tokens', body);

  it('is told once to an administrator, kept as a hash, and audited without it', async () => {
    const before = Date.now();
    const answer = await invite({ ttl_seconds: 600 });
    expect(answer.status).toBe(201);
    const { token, token_id: id, expires_at: expires } = nodeJoinTokenSchema.parse(answer.body);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(Date.parse(expires) - before).toBeGreaterThanOrEqual(600_000);
    const row = await one.db
      .selectFrom('node_join_tokens')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row.token_hash).toEqual(sha256(token));
    expect(row).toMatchObject({ used_at: null, created_by: root.id });
    const rows = await gatewayRows(one, id);
    expect(rows).toMatchObject([
      {
        action: 'node.invite',
        resource_type: 'node_join_token',
        decision: 'allow',
        status_code: 201,
      },
    ]);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('is for an hour unless told, and for a week at most', async () => {
    expect((await invite({})).status).toBe(201);
    for (const ttl of [9, 7 * 86_400 + 1, 1.5, '60']) {
      expect((await invite({ ttl_seconds: ttl })).status).toBe(400);
    }
  });

  it('is made by no plain user', async () => {
    expect((await invite({}, plain)).status).toBe(403);
  });
});
