import { waitFor } from '@cynodeai/testing';
import { fakeNode, postJson, register, type FakeNode } from '@cynodeai/testing/doubles';
import type { NodeConfigurationPayload } from '@cynodeai/contracts/control-plane';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sql } from 'kysely';
import { type TestControlPlane, psk, testControlPlane } from './support/control-plane.ts';

let plane: TestControlPlane;
let node: FakeNode;
let count = 0;

beforeAll(async () => {
  plane = await testControlPlane({ env: { DISPATCHER_ENABLED: 'false' } });
});
afterAll(() => plane[Symbol.asyncDispose]());
beforeEach(async () => {
  count += 1;
  node = await fakeNode({ slug: `node-${count}` });
});
afterEach(() => node.close());

async function row(slug = node.slug) {
  return plane.db
    .selectFrom('nodes')
    .selectAll()
    .where('node_slug', '=', slug)
    .executeTakeFirstOrThrow();
}

async function configOf(session: { fetchConfig(): Promise<Response> }) {
  const response = await session.fetchConfig();
  expect(response.status).toBe(200);
  return (await response.json()) as NodeConfigurationPayload;
}

describe('registration', () => {
  it('creates a node with 201 and resets a known one with 200 (REQ-ORCHES-0112)', async () => {
    const first = await node.join(plane.url);
    expect(first.registerStatus).toBe(201);
    const before = await row();
    expect(before).toMatchObject({ status: 'active', config_ack_status: 'applied' });
    const second = await register(plane.url, node.report(), { key: node.key });
    expect(second.registerStatus).toBe(200);
    const after = await row();
    expect(after).toMatchObject({
      id: before.id,
      status: 'registered',
      config_ack_at: null,
      config_ack_status: null,
      config_version: before.config_version,
    });
    expect((await first.fetchConfig()).status).toBe(401);
    expect((await second.fetchConfig()).status).toBe(200);
  });

  it('refuses a wrong key before it looks at the report, and writes both to the audit log', async () => {
    const url = `${plane.url}/v1/nodes/register`;
    const wrong = await postJson(url, { psk: 'guess', capability: {} });
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer');
    expect(await wrong.json()).toMatchObject({ type: 'urn:cynodeai:error:authentication' });
    await register(plane.url, node.report());
    const latest = (type: 'node_registered' | 'node_registration_failure') =>
      plane.db
        .selectFrom('auth_audit_log')
        .select(['success', 'subject_handle', 'reason', 'ip_address', 'call_count'])
        .where('event_type', '=', type)
        .orderBy('created_at', 'desc')
        .executeTakeFirst();
    const client = { ip_address: '127.0.0.1' };
    expect(await latest('node_registered')).toMatchObject({
      success: true,
      subject_handle: node.slug,
      ...client,
    });
    const failure = { success: false, reason: 'wrong_psk', call_count: 1, ...client };
    expect(await waitFor(() => latest('node_registration_failure'))).toMatchObject(failure);
  });

  it('refuses faulty reports with 400 naming the field', async () => {
    const url = `${plane.url}/v1/nodes/register`;
    const report = node.report();
    const bad: [unknown, string][] = [
      [{ ...report, node: {} }, 'capability.node.node_slug'],
      [{ ...report, worker_api: { base_url: 'ftp://x' } }, 'worker_api.base_url'],
      [{ ...report, worker_api: { base_url: 'http://u:p@x' } }, 'worker_api.base_url'],
      [{ ...report, future: 'a\u0000b' }, 'future'],
    ];
    for (const [capability, field] of bad) {
      const response = await postJson(url, { psk, capability });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ errors: [{ field }] });
    }
    const version = await postJson(url, { psk, capability: { ...report, version: 2 } });
    expect(version.status).toBe(400);
    expect(await version.json()).toMatchObject({
      type: 'urn:cynodeai:error:unsupported_payload_version',
      title: 'Unsupported payload version',
    });
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    const body = JSON.stringify({ psk, capability: report }).replace(
      '"version":1',
      `"version":1,"x":${deep}`,
    );
    const nested = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(nested.status).toBe(400);
  });

  it('takes thirty tries a minute from one address, then answers 429 (REQ-STANDS-0107)', async () => {
    await using limited = await testControlPlane({
      env: { DISPATCHER_ENABLED: 'false' },
      overrides: { registrationsPerMinute: 30 },
    });
    const url = `${limited.url}/v1/nodes/register`;
    const tries = await Promise.all(
      Array.from({ length: 31 }, () => postJson(url, { psk: 'guess', capability: {} })),
    );
    const statuses = tries.map((response) => response.status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(30);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    const refused = tries.find((response) => response.status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('keeps key, node token and JWT out of logs and the database', async () => {
    const session = await node.join(plane.url);
    const token = node.token ?? '';
    expect(Buffer.from(token, 'base64url').length).toBeGreaterThanOrEqual(32);
    const dump = await sql<{ text: string }>`
      SELECT (SELECT string_agg(n::text, ' ') FROM nodes n)
        || (SELECT string_agg(v::text, ' ') FROM node_config_versions v)
        || (SELECT string_agg(a::text, ' ') FROM auth_audit_log a) AS text
    `.execute(plane.db);
    for (const secret of [psk, token, session.jwt]) {
      expect(dump.rows[0]?.text).not.toContain(secret);
      expect(plane.log.text()).not.toContain(secret);
    }
  });
});

describe('capability reports', () => {
  it('are stored whole with unknown fields and move only times when nothing changed (REQ-WORKER-0136, REQ-ORCHES-0113)', async () => {
    const session = await node.join(plane.url);
    const report = node.report({ future: { nested: [1, 'ä', null] } });
    expect((await session.sendReport(report)).status).toBe(204);
    const stored = await plane.db
      .selectFrom('node_capabilities')
      .select('capability_snapshot')
      .where('node_id', '=', (await row()).id)
      .executeTakeFirstOrThrow();
    expect(stored.capability_snapshot).toEqual(report);
    const before = await row();
    const again = { ...report, reported_at: new Date(Date.now() + 1000).toISOString() };
    expect((await session.sendReport(again)).status).toBe(204);
    const after = await row();
    expect(after.capability_hash).toBe(before.capability_hash);
    expect(after.config_desired_version).toBe(before.config_desired_version);
  });

  it('of another slug are refused, and so are unknown nodes and foreign tokens', async () => {
    const session = await node.join(plane.url);
    const foreign = { ...node.report(), node: { node_slug: 'other' } };
    expect((await session.sendReport(foreign)).status).toBe(400);
    const url = `${plane.url}/v1/nodes/capability`;
    expect((await postJson(url, node.report())).status).toBe(401);
    expect((await postJson(url, node.report(), 'x.y.z')).status).toBe(401);
    await plane.db.deleteFrom('nodes').where('node_slug', '=', node.slug).execute();
    expect((await session.sendReport(node.report())).status).toBe(404);
  });

  it('update the model registry; a model no longer listed is evicted', async () => {
    const session = await node.join(plane.url);
    const models = (...refs: string[]) => ({
      inference: {
        supported: true,
        models: refs.map((model_ref) => ({ model_ref, status: 'available' })),
      },
    });
    await session.sendReport(node.report(models('a:1', 'reg:5000/b', 'c')));
    await session.sendReport(node.report(models('a:1', 'c')));
    const rows = await plane.db
      .selectFrom('node_model_availability as a')
      .innerJoin('model_versions as v', 'v.id', 'a.model_version_id')
      .innerJoin('models as m', 'm.id', 'v.model_id')
      .select(['m.name', 'v.version', 'a.status'])
      .where('a.node_id', '=', (await row()).id)
      .orderBy('m.name')
      .execute();
    expect(rows).toEqual([
      { name: 'a', version: '1', status: 'available' },
      { name: 'c', version: 'latest', status: 'available' },
      { name: 'reg:5000/b', version: 'latest', status: 'evicted' },
    ]);
  });

  it('name a model in one form, however a node spells it', async () => {
    const session = await node.join(plane.url);
    const inference = (model_ref: string) => ({
      inference: { supported: true, models: [{ model_ref, status: 'available' }] },
    });
    for (const ref of [
      'Spelled:8B',
      'registry.ollama.ai/library/spelled:8b',
      'library/spelled:8b',
    ]) {
      await session.sendReport(node.report(inference(ref)));
    }
    const names = await plane.db
      .selectFrom('models as m')
      .innerJoin('model_versions as v', 'v.model_id', 'm.id')
      .select(['m.name', 'v.version'])
      .where('m.name', 'ilike', '%spelled%')
      .execute();
    expect(names).toEqual([{ name: 'spelled', version: '8b' }]);
  });

  it('do not fill the registry with names a node listed once', async () => {
    const session = await node.join(plane.url);
    const models = (turn: number) => ({
      inference: {
        supported: true,
        models: Array.from({ length: 150 }, (_, index) => ({
          model_ref: `grow-${turn}-${index}:1`,
          status: 'available',
        })),
      },
    });
    const turns = [1, 2, 3, 4, 5];
    for (const turn of turns) {
      expect((await session.sendReport(node.report(models(turn)))).status).toBe(204);
    }
    const named = await plane.db
      .selectFrom('models as m')
      .innerJoin('model_versions as v', 'v.model_id', 'm.id')
      .innerJoin('node_model_availability as a', 'a.model_version_id', 'v.id')
      .select(['m.name', 'a.status'])
      .where('m.name', 'like', 'grow-%')
      .execute();
    // What it lists, and the newest of the rest.
    expect(named).toHaveLength(150 + 200);
    expect(named.filter(({ status }) => status === 'available')).toHaveLength(150);
    expect(named.filter(({ name }) => /^grow-[12]-/.test(name))).toEqual([]);
    const left = await plane.db
      .selectFrom('models')
      .select('name')
      .where('name', 'like', 'grow-%')
      .execute();
    expect(left).toHaveLength(named.length);
  });
});

describe('configuration', () => {
  it('keeps its version while nothing changes and gets a greater one with new content', async () => {
    const session = await node.join(plane.url);
    const first = await configOf(session);
    expect(await configOf(session)).toEqual(first);
    expect(first).toMatchObject({
      version: 1,
      node_slug: node.slug,
      orchestrator: {
        endpoints: {
          worker_api_target_url: node.url,
          node_report_url: `${plane.url}/v1/nodes/capability`,
        },
      },
      policy: { updates: { enable_dynamic_config: false } },
    });
    expect(first).not.toHaveProperty('inference_backend');
    await session.sendReport(node.report({ worker_api: { base_url: `${node.url}/x/` } }));
    const second = await configOf(session);
    expect(second.config_version > first.config_version).toBe(true);
    expect(second.orchestrator.endpoints.worker_api_target_url).toBe(`${node.url}/x`);
    expect(second.worker_api).toEqual(first.worker_api);
  });

  it('orders an inference container by report and settings', async () => {
    const session = await register(
      plane.url,
      node.report({
        inference: { supported: true },
        gpu: { present: true, devices: [{ vendor: 'NVIDIA' }] },
      }),
    );
    expect((await configOf(session)).inference_backend).toEqual({
      enabled: true,
      variant: 'cuda',
      port: 11434,
    });
    await plane.db
      .insertInto('system_settings')
      .values({
        key: 'inference.backend.disabled_nodes',
        value: JSON.stringify([node.slug]),
        value_type: 'array',
        updated_by: 'system',
      })
      .execute();
    expect(await configOf(session)).not.toHaveProperty('inference_backend');
  });

  it('is not there without a Worker API URL, and registration works all the same', async () => {
    const session = await register(plane.url, node.report({ worker_api: undefined }));
    const response = await session.fetchConfig();
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ type: 'urn:cynodeai:error:not_found' });
  });

  it('keeps one hundred versions and the applied one', async () => {
    const session = await node.join(plane.url);
    const applied = (await row()).config_version;
    for (let index = 0; index < 103; index += 1) {
      await session.sendReport(node.report({ worker_api: { base_url: `${node.url}/${index}` } }));
    }
    const versions = await plane.db
      .selectFrom('node_config_versions')
      .select('config_version')
      .where('node_id', '=', (await row()).id)
      .orderBy('config_version')
      .execute();
    expect(versions).toHaveLength(101);
    expect(versions[0]?.config_version).toBe(applied);
  });
});

describe('acknowledgements', () => {
  it('activate the node, or take it out with the reason; older ones change nothing (REQ-WORKER-0254)', async () => {
    const session = await register(plane.url, node.report());
    const old = (await configOf(session)).config_version;
    await session.sendReport(node.report({ worker_api: { base_url: `${node.url}/new` } }));
    const version = (await configOf(session)).config_version;
    const ack = { node_slug: node.slug, config_version: version };
    const error = { type: 'inference_start_failed', message: 'x'.repeat(10_000) };
    expect((await session.ack({ ...ack, status: 'failed', error })).status).toBe(204);
    const failed = await row();
    expect(failed).toMatchObject({ status: 'inactive', config_ack_status: 'failed' });
    expect(Buffer.byteLength(failed.config_ack_error ?? '')).toBe(4096);
    expect((await session.ack({ ...ack, config_version: old, status: 'applied' })).status).toBe(
      204,
    );
    expect((await row()).status).toBe('inactive');
    for (let repeat = 0; repeat < 2; repeat += 1) {
      expect((await session.ack({ ...ack, status: 'applied' })).status).toBe(204);
      expect(await row()).toMatchObject({
        status: 'active',
        config_ack_error: null,
        config_version: version,
      });
    }
  });

  it('are refused for another slug, another status and a version never issued', async () => {
    const session = await register(plane.url, node.report());
    const version = (await configOf(session)).config_version;
    const ack = { node_slug: node.slug, config_version: version, status: 'applied' };
    expect((await session.ack({ ...ack, node_slug: 'other' })).status).toBe(400);
    expect((await session.ack({ ...ack, status: 'maybe' })).status).toBe(400);
    expect((await session.ack({ ...ack, version: 7 })).status).toBe(400);
    const never = await session.ack({ ...ack, config_version: '01ARZ3NDEKTSV4RRFFQ69G5FAV' });
    expect(never.status).toBe(409);
    expect((await row()).status).toBe('registered');
  });
});

describe('the control-plane as an HTTP service', () => {
  it('serves its own OpenAPI document and problems for everything else', async () => {
    const document: unknown = await (await fetch(`${plane.url}/v1/openapi.json`)).json();
    expect(document).toMatchObject({
      openapi: '3.1.0',
      paths: { '/v1/nodes/register': { post: { operationId: 'nodes.register' } } },
    });
    const missing = await fetch(`${plane.url}/v1/nothing`);
    expect(missing.status).toBe(404);
    expect(missing.headers.get('content-type')).toContain('application/problem+json');
    const method = await fetch(`${plane.url}/v1/nodes/config`, { method: 'DELETE' });
    expect(method.status).toBe(405);
  });

  it('stops reading a body that is too large, also without a length', async () => {
    const chunk = new Uint8Array(1024 * 1024).fill(32);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let index = 0; index < 11; index += 1) controller.enqueue(chunk);
        controller.close();
      },
    });
    const response = await fetch(`${plane.url}/v1/nodes/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
    });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ type: 'urn:cynodeai:error:payload_too_large' });
  });
});
