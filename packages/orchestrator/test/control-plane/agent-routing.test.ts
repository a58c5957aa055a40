import { HttpClient } from '@cynodeai/runtime/call';
import { type ScriptedModel, startScriptedModel, waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inferenceNode, modelSettled, smallModel } from '../prompts/support/prompts.ts';
import {
  AgentCaller,
  decisionIds,
  decisionsSince,
  planCall,
  runnerToken,
} from './support/agent-calls.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import { createTask } from './support/tasks.ts';

const http = new HttpClient();
let model: ScriptedModel;
let plane: TestControlPlane;
let agents: AgentCaller;
let before: ReadonlySet<unknown>;

const rows = () => decisionsSince(plane.db, before);

beforeAll(async () => {
  model = await startScriptedModel({ models: [smallModel], reply: 'through a relay' });
  plane = await testControlPlane({ env: { WORKFLOW_RUNNER_BEARER_TOKEN: runnerToken } });
  agents = new AgentCaller(plane.url, http);
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await http.close();
  await model.close();
});
beforeEach(async () => {
  before = await decisionIds(plane.db);
});

describe('a model call of an agent without a configured model service', () => {
  it('waits for nobody where no node has a model, and says so', async () => {
    await plane.db.updateTable('nodes').set({ status: 'inactive' }).execute();
    expect(await agents.refusal(planCall())).toMatchObject({
      status: 503,
      kind: 'no_inference_path',
      detail: expect.stringMatching(/^no_inference_path: .*cynode status/),
    });
    expect(await rows()).toMatchObject([
      { outcome: 'refused', primary_reason: 'no_inference_path', result_status: null },
    ]);
  });

  it('goes through the relay of a node that holds the model, with its token; its task says what it waited for', async () => {
    const { taskId } = await createTask(plane.db);
    // What its own job waits for is said by others.
    const job = plane.db.updateTable('jobs').set({ status: 'completed', ended_at: new Date() });
    await job.where('task_id', '=', taskId).execute();
    const waitsFor = async () => {
      const task = plane.db.selectFrom('tasks').select('metadata').where('id', '=', taskId);
      return (await task.executeTakeFirstOrThrow()).metadata?.['waiting_reason'];
    };
    // One that somebody else changes at that moment is told of by the next call.
    await waitFor(async () => {
      expect((await agents.refusal(planCall({ task_id: taskId }))).status).toBe(503);
      return (await waitsFor()) === 'no_inference_path';
    });
    await using node = await inferenceNode({ slug: 'alpha', upstream: () => model.url });
    await node.join(plane.url);
    await modelSettled(plane.db, 'alpha');
    await waitFor(async () => {
      await agents.ask(planCall({ task_id: taskId }));
      return (await waitsFor()) === undefined;
    });
    before = await decisionIds(plane.db);
    expect(await agents.ask(planCall())).toMatchObject({
      message: { content: 'through a relay' },
      model_ref: smallModel,
    });
    expect([...node.tokensSeen]).toEqual([node.token]);
    expect(await agents.ask(planCall({ required: { model_ref: smallModel } }))).toMatchObject({
      model_ref: smallModel,
    });
    const missing = await agents.refusal(planCall({ required: { model_ref: 'nobodys:1b' } }));
    expect(missing.kind).toBe('no_inference_path');
    expect(missing.detail).toMatch(/^pm_model_unavailable: /);
    const alpha = { node_slug: 'alpha', eligible: true, reasons: [] };
    const ofAlpha = { considered: { local: expect.arrayContaining([alpha]), external: [] } };
    expect(await rows()).toMatchObject([
      { outcome: 'local', node_slug: 'alpha', ...ofAlpha },
      { outcome: 'local', node_slug: 'alpha', ...ofAlpha },
      {
        outcome: 'refused',
        reasons: ['no_inference_path', 'pm_model_unavailable'],
        considered: {
          local: expect.arrayContaining([
            { node_slug: 'alpha', eligible: false, reasons: ['model_unavailable'] },
          ]),
        },
      },
    ]);
    await plane.db.updateTable('nodes').set({ enabled: false }).execute();
  });

  it('is made once more over another node when the first one cannot be reached', async () => {
    await using first = await inferenceNode({ slug: 'first', upstream: () => model.url });
    await using second = await inferenceNode({ slug: 'second', upstream: () => model.url });
    await first.join(plane.url);
    await modelSettled(plane.db, 'first');
    await second.join(plane.url);
    await first.kill();
    const answer = await agents.ask(planCall());
    expect(answer.message.content).toBe('through a relay');
    const [one, two] = await rows();
    expect(one).toMatchObject({ node_slug: 'first', result_status: 'not_taken' });
    expect(two).toMatchObject({
      id: answer.decision_id,
      parent_decision_id: one?.['id'],
      node_slug: 'second',
      primary_reason: 'local_attempt_failed',
      result_status: 'completed',
    });
  });
});
