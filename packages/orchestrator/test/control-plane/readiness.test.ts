import { fakeNode, postJson } from '@cynodeai/testing/doubles';
import { startPostgres } from '@cynodeai/launcher/postgres';
import { silentLog } from '@cynodeai/runtime/observe';
import { createTestDatabase, temporaryDirectory, waitFor } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { postgresPmModelReader } from '../../src/adapters/postgres/models/read-pm-model.ts';
import { postgresReadinessProbe } from '../../src/adapters/postgres/readiness/readiness-probe.ts';
import {
  controlPlaneEnv,
  psk,
  runControlPlane,
  testControlPlane,
} from './support/control-plane.ts';
import { createTask, jobIn, readJob } from './support/tasks.ts';
import { approveDownloads } from '../support/put-setting.ts';

async function readyz(url: string): Promise<{ status: number; codes: string[]; detail?: string }> {
  const response = await fetch(`${url}/readyz`);
  if (response.status === 200) return { status: 200, codes: [] };
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const body = (await response.json()) as {
    type: string;
    detail: string;
    reasons: { code: string; message: string; action: string }[];
  };
  expect(body.type).toBe('urn:cynodeai:error:not_ready');
  expect(body.detail).toBe(body.reasons[0]?.message);
  expect(body.reasons.every((reason) => reason.action.length > 10)).toBe(true);
  return {
    status: response.status,
    codes: body.reasons.map((reason) => reason.code),
    detail: body.detail,
  };
}

function serving(models: readonly string[]) {
  return {
    supported: true,
    existing_service: true,
    running: true,
    models: models.map((model_ref) => ({ model_ref, status: 'available' as const })),
  };
}

describe('readiness', () => {
  it('is judged from stored state: no node, then a node that can run a model, then none again (REQ-ORCHES-0119)', async () => {
    await using plane = await testControlPlane();
    expect(await readyz(plane.url)).toEqual({
      status: 503,
      codes: ['no_inference_path', 'pm_model_not_selected'],
      detail: 'no inference path available',
    });
    await using plain = await fakeNode({ slug: 'plain' });
    await plain.join(plane.url);
    expect((await readyz(plane.url)).codes[0]).toBe('no_inference_path');
    await approveDownloads(plane.db);
    await using able = await fakeNode({ slug: 'able', report: { inference: serving([]) } });
    const session = await able.join(plane.url);
    await waitFor(() => able.loads.length === 1);
    await waitFor(async () => (await readyz(plane.url)).codes.join() === 'pm_model_loading');
    expect((await readyz(plane.url)).detail).toBe(
      'Project Manager model loading: qwen3.5:0.8b on node able',
    );
    able.models.set('qwen3.5:0.8b', { status: 'available' });
    await session.sendReport(able.report({ inference: serving(['qwen3.5:0.8b']) }));
    expect((await readyz(plane.url)).status).toBe(200);
    const models = postgresPmModelReader(plane.db);
    await waitFor(async () => (await models.current())?.status === 'available');
    able.models.clear();
    await session.sendReport(able.report({ inference: serving([]) }));
    expect((await readyz(plane.url)).status).toBe(503);
    // What was deleted comes back only when somebody brings it back.
    able.models.set('qwen3.5:0.8b', { status: 'available' });
    await session.sendReport(able.report({ inference: serving(['qwen3.5:0.8b']) }));
    await waitFor(async () => (await readyz(plane.url)).status === 200);
    expect(able.loads).toEqual(['qwen3.5:0.8b']);
    await session.sendReport(able.report({ inference: { supported: true, running: false } }));
    expect((await readyz(plane.url)).codes[0]).toBe('no_inference_path');
    await waitFor(async () => (await readyz(plane.url)).codes[1] === 'pm_model_not_selected');
    expect(await (await fetch(`${plane.url}/healthz`)).text()).toBe('ok');
  });

  it('names a schema of another version', async () => {
    await using database = await createTestDatabase({ content: 'empty' });
    const db = openDatabase({ url: database.url, applicationName: 'test', log: silentLog });
    const probe = postgresReadinessProbe(db, { expectedVersion: '9999' });
    expect(await probe.facts()).toEqual({
      database: 'outdated',
      schemaVersion: undefined,
      expectedVersion: '9999',
    });
    await db.destroy();
  });
});

describe('a database that goes away and comes back', () => {
  it('makes the process unready, not dead, and no result is lost meanwhile', async () => {
    await using folder = await temporaryDirectory();
    const settings = { dataDir: `${folder.path}/data`, socketDir: folder.path };
    let server = await startPostgres(settings);
    const env = await controlPlaneEnv(server.url());
    const url = env['ORCHESTRATOR_PUBLIC_URL'] ?? '';
    const plane = await runControlPlane(env);
    const release = Promise.withResolvers<void>();
    await using node = await fakeNode({
      slug: 'n',
      onRun: async () => {
        await release.promise;
        return { stdout: 'survived' };
      },
    });
    await node.join(url);
    let db = openDatabase({ url: server.url(), applicationName: 'test', log: silentLog });
    const ids = await createTask(db);
    await waitFor(() => node.runs.length === 1);
    await db.destroy();
    await server.stop();
    const started = performance.now();
    expect(await readyz(url)).toEqual({
      status: 503,
      codes: ['database_unavailable'],
      detail: 'database unavailable',
    });
    expect(performance.now() - started).toBeLessThan(2000);
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok');
    const registration = { psk, capability: node.report() };
    const report = await postJson(`${url}/v1/nodes/register`, registration);
    expect(report.status).toBe(503);
    expect(await report.json()).toMatchObject({ type: 'urn:cynodeai:error:unavailable' });
    release.resolve();
    await waitFor(() => plane.log.text().includes('the results of jobs could not be stored'));
    server = await startPostgres(settings);
    db = openDatabase({ url: server.url(), applicationName: 'test', log: silentLog });
    await jobIn(db, ids, 'completed');
    expect((await readJob(db, ids)).result).toMatchObject({ stdout: 'survived' });
    expect(node.runs).toHaveLength(1);
    const next = await createTask(db);
    await jobIn(db, next, 'completed');
    expect((await readyz(url)).codes[0]).toBe('no_inference_path');
    await plane.stop();
    await db.destroy();
    await server.stop();
  });
});
