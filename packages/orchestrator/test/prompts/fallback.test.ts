import { type Behaviour, type ScriptedModel, startScriptedModel } from '@cynodeai/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readTaskEvents } from '../../src/adapters/postgres/task-events.ts';
import { modelProgram } from '../../src/domain/prompts/model-program.ts';
import { type TestControlPlane, testControlPlane } from '../control-plane/support/control-plane.ts';
import { readTask } from '../control-plane/support/tasks.ts';
import { runInFolder } from './support/fake-sandbox.ts';
import {
  callBody,
  createPrompt,
  fileText,
  inferenceNode,
  jobsOf,
  smallModel,
} from './support/prompts.ts';

/** Behind the configured URL, and behind the relay of sandboxes. */
let direct: ScriptedModel;
let inner: ScriptedModel;
let plane: TestControlPlane;

beforeAll(async () => {
  direct = await startScriptedModel({ models: [smallModel] });
  inner = await startScriptedModel({ models: [smallModel] });
  plane = await testControlPlane({
    env: { INFERENCE_URL: direct.url },
  });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await direct.close();
  await inner.close();
});
beforeEach(async () => {
  await plane.db.updateTable('nodes').set({ status: 'inactive' }).execute();
});

const faults: readonly (readonly [string, Behaviour, string])[] = [
  ['an HTTP error', { kind: 'error', status: 500, error: 'out of memory' }, 'model_refused'],
  [
    'a model that fails in the middle of its answer',
    { kind: 'fail', text: 'part of it', error: 'the runner ended' },
    'model_answer_invalid',
  ],
  [
    'a connection cut in the middle of the answer',
    { kind: 'cut', text: 'a long answer that never ends', afterCharacters: 9 },
    'model_unreachable',
  ],
  ['an empty answer', { kind: 'say', text: ' \n' }, 'model_answer_empty'],
  ['text that is no JSON', { kind: 'raw', body: '<html>' }, 'model_answer_invalid'],
  [
    'an answer that is not done',
    { kind: 'raw', body: '{"response":"part of it","done":false}' },
    'model_answer_invalid',
  ],
];

describe('a prompt whose call fails', () => {
  it.each(faults)(
    'by %s goes once into a sandbox, as data of a fixed program (REQ-ORCHES-0125)',
    async (_what, behaviour, errorType) => {
      direct.setScript({ reply: behaviour });
      inner.setScript({ reply: 'from inside' });
      await using node = await inferenceNode({
        slug: 'inner',
        onRun: (request) => runInFolder(request, inner.url),
      });
      await node.join(plane.url);
      const ids = await createPrompt(plane.db, 'Say "hi"\n$(id)');
      const [first, second] = await jobsOf(plane.db, ids, 2);
      expect(first).toMatchObject({ status: 'failed', node_id: null });
      expect(first?.result).toMatchObject({ status: 'failed', error_type: errorType, stdout: '' });
      expect(JSON.stringify(first?.result)).not.toMatch(/a long|part of it/);
      expect(second?.payload).toMatchObject({
        kind: 'sandbox',
        input_mode: 'prompt',
        use_inference: true,
        network_policy: 'none',
        fallback_for: { job_id: ids.jobId, error_type: errorType },
        dispatch: { path: 'sandbox' },
      });
      await expect
        .poll(async () => (await readTask(plane.db, ids)).status, { timeout: 20_000 })
        .toBe('completed');
      const jobs = await jobsOf(plane.db, ids, 2);
      expect(jobs.map((job) => job.status)).toEqual(['failed', 'completed']);
      expect(jobs[1]?.result).toMatchObject({ stdout: 'from inside', exit_code: 0 });
      expect((await readTask(plane.db, ids)).summary).toBe('from inside');
      expect(node.runs).toHaveLength(1);
      expect(node.runs[0]?.sandbox.command).toEqual(['sh', '/workspace/.cynode/ask-model.sh']);
      expect(fileText(node.runs[0], '.cynode/ask-model.sh')).toBe(modelProgram);
      expect(inner.requests.at(-1)?.json).toEqual(callBody(smallModel, 'Say "hi"\n$(id)'));
    },
  );

  it('shows the task as running between the two jobs', async () => {
    direct.setScript({ reply: { kind: 'error', status: 500, error: 'gone' } });
    const held = Promise.withResolvers<void>();
    await using node = await inferenceNode({
      slug: 'held',
      onRun: async (request) => {
        await held.promise;
        return runInFolder(request, inner.url);
      },
    });
    await node.join(plane.url);
    const ids = await createPrompt(plane.db, 'wait');
    await expect.poll(() => node.runs.length, { timeout: 10_000 }).toBe(1);
    expect(await readTask(plane.db, ids)).toMatchObject({ status: 'running', closed: false });
    held.resolve();
    await expect
      .poll(async () => (await readTask(plane.db, ids)).status, { timeout: 10_000 })
      .toBe('completed');
    const events = await readTaskEvents(plane.db, ids.taskId, 0, 100);
    const statuses = events.flatMap(({ event, data }) =>
      'status' in data ? [`${event} ${data.status}`] : [],
    );
    expect(statuses).toEqual([
      'task.status running',
      'job.status running',
      'job.status failed',
      'job.status queued',
      'job.status running',
      'job.status completed',
      'task.status completed',
    ]);
  });

  it.each<readonly [string, Behaviour, RegExp]>([
    ['refuses', { kind: 'error', status: 404, error: 'model "x" not found' }, /404 model "x" not/],
    ['is cut', { kind: 'cut', text: 'never whole', afterCharacters: 4 }, /broke off|was cut/],
    ['says nothing', { kind: 'say', text: '' }, /the answer is empty/],
    ['is not done', { kind: 'raw', body: '{"response":"x","done":false}' }, /was cut, or is none/],
    ['is no JSON', { kind: 'raw', body: 'nope' }, /was cut, or is none/],
  ])(
    'fails with both reasons when the model inside %s as well',
    async (_what, behaviour, inside) => {
      direct.setScript({ reply: { kind: 'error', status: 500, error: 'no memory outside' } });
      inner.setScript({ reply: behaviour });
      await using node = await inferenceNode({
        slug: 'both',
        onRun: (request) => runInFolder(request, inner.url),
      });
      await node.join(plane.url);
      const ids = await createPrompt(plane.db, 'anybody?');
      await expect
        .poll(async () => (await readTask(plane.db, ids)).status, { timeout: 20_000 })
        .toBe('failed');
      const jobs = await jobsOf(plane.db, ids, 2);
      expect(jobs.map((job) => job.status)).toEqual(['failed', 'failed']);
      expect(jobs[1]?.result).toMatchObject({ exit_code: 1, stdout: '' });
      expect(String(jobs[1]?.result?.['stderr'])).toMatch(inside);
      const { summary } = await readTask(plane.db, ids);
      expect(summary).toContain('no memory outside');
      expect(summary).toMatch(inside);
    },
  );

  it('stays in the queue with its reason while no node could run the program', async () => {
    direct.setScript({ reply: { kind: 'error', status: 500, error: 'gone' } });
    inner.setScript({ reply: 'at last' });
    const ids = await createPrompt(plane.db, 'nobody there');
    const [, second] = await jobsOf(plane.db, ids, 2);
    expect(second?.status).toBe('queued');
    const task = () => readTask(plane.db, ids);
    await expect
      .poll(async () => (await task()).metadata?.['waiting_reason'])
      .toBe('no_dispatchable_node');
    await using node = await inferenceNode({
      slug: 'late',
      onRun: (request) => runInFolder(request, inner.url),
    });
    await node.join(plane.url);
    await expect.poll(async () => (await task()).status, { timeout: 20_000 }).toBe('completed');
    expect((await task()).metadata).not.toHaveProperty('waiting_reason');
  });
});
