import { fakeNode, type FakeNodeOptions } from '@cynodeai/testing/doubles';
import { demoModelRef } from '@cynodeai/contracts/model';
import { ProblemError } from '@cynodeai/runtime/http';
import { reservePort, waitFor } from '@cynodeai/testing';
import { type Transaction, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { managerLock } from '../../src/adapters/postgres/models/pm-model-store.ts';
import { postgresPmModelReader } from '../../src/adapters/postgres/models/read-pm-model.ts';
import type { Database } from '../../src/adapters/postgres/tables.ts';
import {
  type TestControlPlane,
  controlPlaneEnv,
  runControlPlane,
  testControlPlane,
} from '../control-plane/support/control-plane.ts';
import { approveDownloads, putSetting } from '../support/put-setting.ts';
import { gatewayOn } from '../user-gateway/support/gateway.ts';

const small = 'qwen3.5:0.8b';
const pinned = 'agents.project_manager.model.local_default_ollama_model';
const executionMode = 'agents.project_manager.model.selection.execution_mode';

/** What a node reports that has a model service with these models. */
const serving = (...models: readonly string[]) => ({
  inference: {
    supported: true,
    existing_service: true,
    running: true,
    models: models.map((model_ref) => ({ model_ref, status: 'available' as const })),
  },
});

function able(slug: string, options: Partial<FakeNodeOptions> = {}) {
  return fakeNode({ slug, report: serving(), ...options });
}

const put = (plane: TestControlPlane, key: string, value: unknown) =>
  putSetting(plane.db, key, value);

interface Reason {
  readonly code: string;
  readonly message: string;
  readonly action: string;
}

/** What readiness says; a database that did not answer within the limit of one look, on a busy host, says nothing. */
async function readReasons(url: string): Promise<readonly Reason[]> {
  const { reasons } = await waitFor(async () => {
    const response = await fetch(`${url}/readyz`);
    if (response.status === 200) return { reasons: [] };
    const { reasons } = (await response.json()) as { reasons: readonly Reason[] };
    return !reasons.some(({ code }) => code === 'database_unavailable') && { reasons };
  });
  return reasons;
}

/** What readiness says of a change before any control plane has decided anew: each waits for the lock held here. */
async function codesUndecided(
  plane: TestControlPlane,
  change: (db: Transaction<Database>) => Promise<unknown>,
): Promise<string> {
  return plane.db.connection().execute(async (held) => {
    await sql`SELECT pg_advisory_lock(${managerLock}::bigint)`.execute(held);
    try {
      await plane.db.transaction().execute(change);
      return await codes(plane.url);
    } finally {
      await sql`SELECT pg_advisory_unlock(${managerLock}::bigint)`.execute(held);
    }
  });
}

const codes = async (url: string) => (await readReasons(url)).map(({ code }) => code).join();
const ready = (url: string) => waitFor(async () => (await codes(url)) === '');

async function stored(plane: TestControlPlane): Promise<Record<string, unknown>> {
  const row = await plane.db
    .selectFrom('orchestrator_state')
    .select('value')
    .where('key', '=', 'pm_model')
    .executeTakeFirst();
  return row?.value as Record<string, unknown>;
}

describe('the Project Manager model', () => {
  it('walks through its reasons at every role as the pieces come and go (REQ-ORCHES-0119, REQ-MODELS-0003)', async () => {
    await using plane = await testControlPlane();
    await using gateway = await gatewayOn(plane.env['DATABASE_URL'] ?? '');
    const bothSay = async (words: string) => {
      await waitFor(async () => (await codes(plane.url)) === words);
      expect(await codes(gateway.url)).toBe(words);
    };
    expect(await codes(plane.url)).toBe('no_inference_path,pm_model_not_selected');
    await approveDownloads(plane.db);
    const report = serving();
    await using node = await able('n', { report });
    const session = await node.join(plane.url);
    await bothSay('pm_model_loading');
    node.models.set(small, { status: 'loading', completed_bytes: 30, total_bytes: 120 });
    await waitFor(async () =>
      (await readReasons(plane.url))[0]?.message.endsWith(`${small} on node n (25 %)`),
    );
    node.models.set(small, { status: 'available' });
    await bothSay('');
    await waitFor(async () => (await stored(plane))['status'] === 'available');
    expect(await stored(plane)).toMatchObject({
      execution_mode: 'local',
      local_node_slug: 'n',
      model_ref: small,
      selection_reason: ['auto_local', 'largest_vram', 'tier_0', 'load_requested'],
      updated_at: expect.any(String),
    });
    expect(await postgresPmModelReader(plane.db).current()).toEqual({
      nodeSlug: 'n',
      modelRef: small,
      status: 'available',
      executionMode: 'local',
    });
    node.models.clear();
    await session.sendReport(node.report(serving()));
    expect(await codes(gateway.url)).not.toBe('');
    await bothSay('pm_model_not_selected');
    expect((await readReasons(plane.url))[0]?.message).toContain(`${small} was deleted`);
    // Who deleted it brings it back; nobody else does.
    expect(node.loads).toEqual([small]);
    node.models.set(small, { status: 'available' });
    await session.sendReport(node.report(serving(small)));
    await bothSay('');
    report.inference = serving(small).inference;
    await node.join(plane.url);
    await bothSay('');
  });

  it('is asked for once by two control planes (REQ-ORCHES-0117)', async () => {
    await using plane = await testControlPlane();
    const port = await reservePort();
    const second = await runControlPlane(
      {
        ...(await controlPlaneEnv(plane.env['DATABASE_URL'] ?? '')),
        ...plane.env,
        ORCHESTRATOR_PUBLIC_URL: `http://127.0.0.1:${port}`,
        CONTROL_PLANE_LISTEN_ADDR: `127.0.0.1:${port}`,
      },
      { migrated: true },
    );
    await approveDownloads(plane.db);
    await using node = await able('n');
    const session = await node.join(plane.url);
    await waitFor(() => node.lists >= 3);
    for (let report = 0; report < 5; report += 1) {
      await session.sendReport({ ...node.report(serving()), round: report });
    }
    await waitFor(() => node.lists >= 4);
    expect(node.loads).toEqual([small]);
    node.models.set(small, { status: 'available' });
    await ready(plane.url);
    await ready(`http://127.0.0.1:${port}`);
    expect(node.loads).toEqual([small]);
    expect(await second.stop()).toBe(true);
  });

  it('is the stand-in soon where nothing else is there, and stays so', async () => {
    await using plane = await testControlPlane({ env: { DEMO_MODEL_REF: demoModelRef } });
    await using node = await able('n', {
      report: serving(demoModelRef),
    });
    node.models.set(demoModelRef, { status: 'available' });
    await node.join(plane.url);
    await ready(plane.url);
    expect(await stored(plane)).toMatchObject({
      model_ref: demoModelRef,
      selection_reason: ['auto_local', 'largest_vram', 'tier_0', 'already_available'],
    });
    expect(node.loads).toEqual([]);
    await plane.db.updateTable('node_model_availability').set({ details: null }).execute();
    await put(plane, 'custom.unrelated', 1);
    expect(await stored(plane)).toMatchObject({ model_ref: demoModelRef, status: 'available' });
    const registry = await plane.db
      .selectFrom('node_model_availability as a')
      .innerJoin('model_versions as v', 'v.id', 'a.model_version_id')
      .innerJoin('models as m', 'm.id', 'v.model_id')
      .select(['m.name', 'v.version', 'a.status'])
      .orderBy('m.name')
      .execute();
    expect(registry).toEqual([{ name: 'cynode-demo', version: 'latest', status: 'available' }]);
  });

  it('follows the operator while the system is not ready: pinned, unloadable, forced, unset (REQ-MODELS-0007)', async () => {
    await using plane = await testControlPlane();
    await using node = await able('n', {
      report: serving(small),
      onLoad: (ref) => {
        if (ref === 'none:1') throw new ProblemError('inference_unavailable', 'no such model here');
        return { status: 'available' };
      },
    });
    node.models.set(small, { status: 'available' });
    await approveDownloads(plane.db);
    await node.join(plane.url);
    await ready(plane.url);
    await put(plane, pinned, 'none:1');
    await waitFor(async () => (await codes(plane.url)) === 'pm_model_not_selected');
    expect((await readReasons(plane.url))[0]?.message).toBe(
      'no Project Manager model selected: no_model_available: none:1 (the node answered 503: no such model here)',
    );
    expect(await stored(plane)).toMatchObject({
      status: 'failed',
      selection_reason: [
        'auto_local',
        'largest_vram',
        'pinned_model',
        'candidate_failed:none:1',
        'failed:no_model_available',
      ],
    });
    expect(await postgresPmModelReader(plane.db).current()).toBeUndefined();
    await put(plane, pinned, 'other');
    await ready(plane.url);
    await waitFor(async () => (await stored(plane))['model_ref'] === 'other');
    await put(plane, executionMode, 'force_external');
    await waitFor(async () => (await stored(plane))['execution_mode'] === 'external');
    expect((await readReasons(plane.url))[0]?.message).toContain('external_not_configured');
    await put(plane, executionMode, 'force_local');
    await ready(plane.url);
    expect((await stored(plane))['selection_reason']).toEqual([
      'force_local',
      'largest_vram',
      'pinned_model',
      'already_available',
    ]);
    const disable = (db: Transaction<Database>) =>
      db.updateTable('nodes').set({ enabled: false }).execute();
    expect(await codesUndecided(plane, disable)).toBe('no_inference_path,pm_model_unavailable');
    await put(plane, 'custom.wake', 1);
    await waitFor(
      async () => (await codes(plane.url)) === 'no_inference_path,pm_model_not_selected',
    );
    expect((await stored(plane))['selection_reason']).toEqual([
      'force_local',
      'no_local_candidates',
      'failed:no_local_candidates',
    ]);
  });

  it('moves to another node when its own is lost, and back to nobody by itself', async () => {
    await using plane = await testControlPlane();
    await using a = await able('a', { report: serving(small) });
    await using b = await able('b', { report: serving(small) });
    const session = await a.join(plane.url);
    await b.join(plane.url);
    await ready(plane.url);
    await waitFor(async () => (await stored(plane))['local_node_slug'] === 'a');
    await session.ack({
      node_slug: 'a',
      config_version: session.configVersion,
      status: 'failed',
      error: { type: 'x', message: 'the container died' },
    });
    await waitFor(async () => (await stored(plane))['local_node_slug'] === 'b');
    await ready(plane.url);
    await a.join(plane.url);
    await waitFor(async () => {
      const nodes = await plane.db.selectFrom('nodes').select('status').execute();
      return nodes.every(({ status }) => status === 'active');
    });
    await put(plane, 'custom.wake', 1);
    await ready(plane.url);
    expect((await stored(plane))['local_node_slug']).toBe('b');
    expect([a.loads, b.loads]).toEqual([[], []]);
  });

  it('is made anew when what is stored is not readable, and judged from what is stored after a restart', async () => {
    await using plane = await testControlPlane();
    await using node = await able('n', { report: serving(small) });
    await node.join(plane.url);
    await ready(plane.url);
    const before = await stored(plane);
    await plane.stop();
    const again = await runControlPlane(plane.env, { migrated: true });
    await ready(plane.url);
    expect(await stored(plane)).toEqual(before);
    const spoil = (db: Transaction<Database>) =>
      db
        .updateTable('orchestrator_state')
        .set({ value: JSON.stringify({ status: 'available' }), updated_at: new Date() })
        .where('key', '=', 'pm_model')
        .execute();
    expect(await codesUndecided(plane, spoil)).toBe('pm_model_not_selected');
    await ready(plane.url);
    expect(node.loads).toEqual([]);
    expect(await again.stop()).toBe(true);
  });

  it('outlives a node that refuses or cannot be reached', async () => {
    await using plane = await testControlPlane();
    let refusals = 0;
    await using node = await able('n', {
      onLoad: () => {
        refusals += 1;
        throw new ProblemError('internal', 'no');
      },
    });
    await approveDownloads(plane.db);
    const session = await node.join(plane.url);
    await waitFor(() => refusals === 1);
    await waitFor(async () => (await codes(plane.url)) === 'pm_model_not_selected');
    await node.kill();
    await session.sendReport({ ...node.report(serving()), again: true });
    await waitFor(async () =>
      (await readReasons(plane.url))[0]?.message.includes('could not be asked'),
    );
    expect(refusals).toBe(1);
  });

  it('is none while somebody would have to agree to a download, with the command that does', async () => {
    await using plane = await testControlPlane();
    await using node = await able('n', { report: serving('nomic-embed-text:latest') });
    const session = await node.join(plane.url);
    await waitFor(async () =>
      (await readReasons(plane.url))[0]?.message.includes('download_not_approved'),
    );
    const [reason] = await readReasons(plane.url);
    expect(reason).toMatchObject({
      code: 'pm_model_not_selected',
      action: expect.stringContaining(`cynode model pull ${small}`),
    });
    expect(await stored(plane)).toMatchObject({ status: 'failed', wanted: small });
    expect(node.loads).toEqual([]);
    // Whatever somebody brings is used, whether it is our favourite or not.
    await session.sendReport(node.report(serving('nomic-embed-text:latest', 'smollm2:135m')));
    await ready(plane.url);
    expect(await stored(plane)).toMatchObject({ model_ref: 'smollm2:135m', status: 'available' });
    expect(node.loads).toEqual([]);
  });

  it('waits for a service that is down, says where it is, and takes it into use when it comes', async () => {
    await using plane = await testControlPlane();
    await using gateway = await gatewayOn(plane.env['DATABASE_URL'] ?? '');
    const service = { existing_service: true, service_url: 'http://127.0.0.1:11434' };
    const down = { inference: { supported: true, running: false, models: [], ...service } };
    await using node = await able('n', { report: down });
    const session = await node.join(plane.url);
    await waitFor(async () => (await codes(plane.url)) === 'model_service_down');
    expect(await readReasons(gateway.url)).toMatchObject([
      {
        message: 'model service down: the one of node n at http://127.0.0.1:11434 does not answer',
      },
    ]);
    await session.sendReport(node.report(serving('own:1')));
    await ready(plane.url);
    await session.sendReport(node.report(down));
    await waitFor(async () => (await codes(gateway.url)) === 'model_service_down');
    await session.sendReport(node.report(serving('own:1')));
    await ready(gateway.url);
    expect(node.loads).toEqual([]);
  });

  it('takes models of another service for no deleted ones', async () => {
    await using plane = await testControlPlane();
    await approveDownloads(plane.db);
    const at = (service_url: string, ...models: readonly string[]) => ({
      inference: { ...serving(...models).inference, service_url },
    });
    await using node = await able('n', { report: at('http://127.0.0.1:1', small, 'other:1b') });
    const session = await node.join(plane.url);
    await ready(plane.url);
    await session.sendReport(node.report(at('http://127.0.0.1:2')));
    await waitFor(() => node.loads.length === 1);
    expect(node.loads).toEqual([small]);
    const known = await plane.db.selectFrom('models').select('name').execute();
    expect(known.map(({ name }) => name)).not.toContain('other');
  });
});
