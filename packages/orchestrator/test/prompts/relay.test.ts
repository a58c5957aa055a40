import { type ScriptedModel, startScriptedModel, waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestControlPlane, testControlPlane } from '../control-plane/support/control-plane.ts';
import { jobIn, readJob, readTask } from '../control-plane/support/tasks.ts';
import { approveDownloads } from '../support/put-setting.ts';
import {
  callBody,
  callsOf,
  createPrompt,
  inferenceNode,
  jobsOf,
  modelSettled,
  smallModel,
} from './support/prompts.ts';

let model: ScriptedModel;
let plane: TestControlPlane;

beforeAll(async () => {
  model = await startScriptedModel({ models: [smallModel] });
  plane = await testControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await model.close();
});
beforeEach(async () => {
  await plane.db.updateTable('nodes').set({ status: 'inactive' }).execute();
});

describe('a prompt without a configured model service', () => {
  it('waits for the model and then goes through the relay of its node, with its token (REQ-ORCHES-0118, 0125)', async () => {
    model.setScript({ reply: 'through the relay' });
    const ids = await createPrompt(plane.db, 'Which model are you?');
    const reason = async () => (await readTask(plane.db, ids)).metadata?.['waiting_reason'];
    await waitFor(async () => (await reason()) === 'no_inference_path');
    const empty = { supported: true, running: true, existing_service: true, models: [] };
    await using node = await inferenceNode({
      slug: 'alpha',
      upstream: () => model.url,
      report: { inference: empty },
    });
    node.models.clear();
    await node.join(plane.url);
    const words = async () => String((await readTask(plane.db, ids)).metadata?.['waiting_text']);
    await waitFor(async () =>
      /download_not_approved.*cynode model pull qwen3\.5:0\.8b/.test(await words()),
    );
    expect(await reason()).toBe('pm_model_not_selected');
    await approveDownloads(plane.db);
    await waitFor(async () => (await reason()) === 'pm_model_loading');
    node.models.set(smallModel, { status: 'loading', completed_bytes: 1, total_bytes: 4 });
    await waitFor(() => node.lists > 2);
    // How far it is would be written on every task again and again.
    expect(await words()).not.toContain('%');
    node.models.set(smallModel, { status: 'available' });
    const job = await jobIn(plane.db, ids, 'completed');
    expect(job.result).toMatchObject({
      stdout: 'through the relay',
      exit_code: 0,
      inference: { model: smallModel },
    });
    expect(job.node_id).toBeNull();
    expect(job.payload?.dispatch).toEqual({
      path: 'node_relay',
      node_slug: 'alpha',
      reasons: ['pm_model_node'],
    });
    expect(node.runs).toEqual([]);
    expect([...node.tokensSeen]).toEqual([node.token]);
    const call = callsOf(model).at(-1);
    expect(call?.json).toEqual(callBody(smallModel, 'Which model are you?'));
    expect(call?.headers.authorization).toBeUndefined();
    const { metadata } = await readTask(plane.db, ids);
    expect(Object.keys(metadata ?? {}).filter((key) => key.startsWith('waiting'))).toEqual([]);
  });

  it('is not lost with a node that went away, and goes to another one when the operator takes that out', async () => {
    model.setScript({ reply: 'from the other one' });
    await using first = await inferenceNode({ slug: 'aa-first', upstream: () => model.url });
    await first.join(plane.url);
    await modelSettled(plane.db, 'aa-first');
    const warm = await createPrompt(plane.db, 'there?');
    expect((await jobIn(plane.db, warm, 'completed')).payload?.dispatch).toMatchObject({
      node_slug: 'aa-first',
    });
    await first.kill();
    const ids = await createPrompt(plane.db, 'still there?');
    await waitFor(
      async () => (await readJob(plane.db, ids)).payload?.dispatch?.last_error !== undefined,
    );
    await using second = await inferenceNode({ slug: 'zz-second', upstream: () => model.url });
    await second.join(plane.url);
    // As long as the lost node counts as dispatchable it may be the one that is selected
    // (docs/reference/inference.md#prompts).
    await plane.db
      .updateTable('nodes')
      .set({ enabled: false })
      .where('node_slug', '<>', 'zz-second')
      .execute();
    const job = await jobIn(plane.db, ids, 'completed');
    expect(job.result).toMatchObject({ stdout: 'from the other one' });
    expect(job.payload?.dispatch).toMatchObject({
      node_slug: 'zz-second',
      last_error: 'the node cannot be reached (ECONNREFUSED)',
    });
    expect(await jobsOf(plane.db, ids, 1)).toHaveLength(1);
  });

  it('does not go by a selection of before: a model that its node lists no more is not asked for', async () => {
    await using node = await inferenceNode({ slug: 'swap', upstream: () => model.url });
    const session = await node.join(plane.url);
    await modelSettled(plane.db, 'swap');
    await jobIn(plane.db, await createPrompt(plane.db, 'x'), 'completed');
    const calls = callsOf(model).length;
    node.models.clear();
    const inference = { supported: true, mode: 'allow', running: true, models: [] };
    expect((await session.sendReport(node.report({ inference }))).ok).toBe(true);
    const ids = await createPrompt(plane.db, 'gone?');
    await waitFor(
      async () => (await readTask(plane.db, ids)).metadata?.['waiting_reason'] !== undefined,
    );
    expect(callsOf(model)).toHaveLength(calls);
    node.models.set(smallModel, { status: 'available' });
    await session.sendReport(node.report());
    await jobIn(plane.db, ids, 'completed');
  });

  it('waits for a model service that is down, says which, and goes on by itself once it is back', async () => {
    await using node = await inferenceNode({ slug: 'late', upstream: () => model.url });
    const session = await node.join(plane.url);
    await modelSettled(plane.db, 'late');
    const down = { supported: true, running: false, existing_service: true, models: [] };
    const service_url = 'http://10.0.0.5:11434';
    await session.sendReport(node.report({ inference: { ...down, service_url } }));
    const ids = await createPrompt(plane.db, 'are you there?');
    const waits = async () => (await readTask(plane.db, ids)).metadata ?? {};
    await waitFor(async () => (await waits())['waiting_reason'] === 'model_service_down');
    expect((await waits())['waiting_text']).toContain(`of node late at ${service_url}`);
    await session.sendReport(node.report());
    await jobIn(plane.db, ids, 'completed');
  });
});
