import { type ScriptedModel, startScriptedModel, waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestControlPlane, testControlPlane } from '../control-plane/support/control-plane.ts';
import { jobIn, readTask } from '../control-plane/support/tasks.ts';
import { createPrompt, inferenceNode, smallModel } from './support/prompts.ts';

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
    await using node = await inferenceNode({ slug: 'alpha', upstream: () => model.url });
    node.models.clear();
    await node.join(plane.url);
    await waitFor(async () => (await reason()) === 'pm_model_loading', { timeoutMs: 10_000 });
    node.models.set(smallModel, { status: 'available' });
    const job = await jobIn(plane.db, ids, 'completed', 20_000);
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
    expect(model.requests.at(-1)).toMatchObject({
      json: { model: smallModel, prompt: 'Which model are you?', stream: false },
    });
    expect(model.requests.at(-1)?.headers.authorization).toBeUndefined();
    expect(await reason()).toBeUndefined();
  });
});
