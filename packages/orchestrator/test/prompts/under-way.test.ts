import { fakeNode } from '@cynodeai/testing/doubles';
import { reservePort, type ScriptedModel, startScriptedModel, waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type TestControlPlane,
  runControlPlane,
  spawnControlPlane,
  testControlPlane,
} from '../control-plane/support/control-plane.ts';
import {
  cancelTask,
  createTask,
  jobIn,
  readJob,
  readTask,
  setLeaseTtl,
  setSetting,
} from '../control-plane/support/tasks.ts';
import { createPrompt, inferenceNode, jobsOf, smallModel } from './support/prompts.ts';

let model: ScriptedModel;
let plane: TestControlPlane;

beforeAll(async () => {
  model = await startScriptedModel({ models: [smallModel] });
  plane = await testControlPlane({ env: { OLLAMA_BASE_URL: model.url } });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await model.close();
});
beforeEach(async () => {
  await plane.db.updateTable('nodes').set({ status: 'inactive' }).execute();
});

const calls = () => model.requests.filter(({ path }) => path === '/api/generate');

/** Another control plane on the same database, in this process. */
function another(extra: Readonly<Record<string, string>> = {}) {
  return reservePort().then((port) =>
    runControlPlane({ ...plane.env, CONTROL_PLANE_LISTEN_ADDR: `127.0.0.1:${port}`, ...extra }),
  );
}

describe('a canceled prompt', () => {
  it('ends its model call and stays canceled; no sandbox job follows', async () => {
    model.setScript({ reply: { kind: 'hang' } });
    const before = calls().length;
    const ids = await createPrompt(plane.db, 'never mind');
    const call = await waitFor(() => calls()[before]);
    await cancelTask(plane.db, ids);
    expect(await call.ended).toBe('lost');
    // The slot is free again, and what comes next is answered.
    model.setScript({ reply: 'next' });
    await jobIn(plane.db, await createPrompt(plane.db, 'next'), 'completed');
    expect(await jobsOf(plane.db, ids, 1)).toMatchObject([{ status: 'canceled', result: null }]);
    expect(await readTask(plane.db, ids)).toMatchObject({ status: 'canceled', summary: null });
  });

  it('keeps its status when the answer arrives with the cancel', async () => {
    const answer = Promise.withResolvers<void>();
    model.setScript({
      reply: { kind: 'wait', until: answer.promise, answer: { kind: 'say', text: 'too late' } },
    });
    const before = calls().length;
    const ids = await createPrompt(plane.db, 'hurry');
    await waitFor(() => calls()[before]);
    // Without the notification, so that the dispatcher learns of it when it stores the answer.
    await plane.db
      .updateTable('tasks')
      .set({ status: 'canceled', closed: true, ended_at: new Date() })
      .where('id', '=', ids.taskId)
      .execute();
    await plane.db
      .updateTable('jobs')
      .set({ status: 'canceled', ended_at: new Date() })
      .where('id', '=', ids.jobId)
      .execute();
    answer.resolve();
    model.setScript({ reply: 'next' });
    await jobIn(plane.db, await createPrompt(plane.db, 'next'), 'completed');
    expect(await readJob(plane.db, ids)).toMatchObject({ status: 'canceled' });
    expect(await readTask(plane.db, ids)).toMatchObject({ status: 'canceled', summary: null });
  });
});

describe('a model call longer than its lease', () => {
  it('is renewed, keeps its one lease and is made once', async () => {
    await setLeaseTtl(plane.db, 1);
    const answer = Promise.withResolvers<void>();
    model.setScript({
      reply: { kind: 'wait', until: answer.promise, answer: { kind: 'say', text: 'slow' } },
    });
    const before = calls().length;
    const ids = await createPrompt(plane.db, 'slow');
    const first = await jobIn(plane.db, ids, 'running');
    const born = first.lease_expires_at?.getTime() ?? 0;
    await waitFor(async () => {
      const { lease_expires_at: until } = await readJob(plane.db, ids);
      return (until?.getTime() ?? 0) > born + 2500;
    });
    answer.resolve();
    expect(await jobIn(plane.db, ids, 'completed')).toMatchObject({
      attempt: 1,
      lease_id: first.lease_id,
    });
    expect(calls().length - before).toBe(1);
    await setLeaseTtl(plane.db, 60);
  });
});

describe('a control plane that dies during the call', () => {
  it('leaves a prompt that the next one answers', async () => {
    await using own = await testControlPlane({ env: { OLLAMA_BASE_URL: model.url } });
    await own.stop();
    await setLeaseTtl(own.db, 1);
    model.setScript({ reply: { kind: 'hang' } });
    const before = calls().length;
    const child = await spawnControlPlane(own.env);
    const ids = await createPrompt(own.db, 'who will answer?');
    const call = await waitFor(() => calls()[before]);
    await child.stop('SIGKILL');
    expect(await call.ended).toBe('lost');
    expect(await readJob(own.db, ids)).toMatchObject({ status: 'running', attempt: 1 });
    model.setScript({ reply: 'the next one' });
    const next = await runControlPlane(own.env);
    try {
      const job = await jobIn(own.db, ids, 'completed');
      expect(job).toMatchObject({ attempt: 2, result: { stdout: 'the next one' } });
      expect(await jobsOf(own.db, ids, 1)).toHaveLength(1);
    } finally {
      await next.stop();
    }
  });

  it('fails the prompt when that happened as often as a job may be started', async () => {
    await setSetting(plane.db, 'dispatch.max_attempts', 1);
    await setLeaseTtl(plane.db, 1);
    model.setScript({ reply: { kind: 'hang' } });
    const ids = await createPrompt(plane.db, 'unlucky');
    await jobIn(plane.db, ids, 'running');
    // What a dead holder leaves: a lease nobody renews, and nobody who knows it.
    await plane.db
      .updateTable('jobs')
      .set({ lease_id: crypto.randomUUID(), lease_expires_at: new Date(0) })
      .where('id', '=', ids.jobId)
      .execute();
    const job = await jobIn(plane.db, ids, 'failed');
    expect(job.result).toMatchObject({ error_type: 'attempts_exhausted' });
    expect(await readTask(plane.db, ids)).toMatchObject({ status: 'failed', closed: true });
    await setSetting(plane.db, 'dispatch.max_attempts', 3);
    await setLeaseTtl(plane.db, 60);
  });
});

describe('a control plane that ends in order', () => {
  it('gives unanswered prompts back at once, and that is no attempt', async () => {
    await using own = await testControlPlane({ env: { OLLAMA_BASE_URL: model.url } });
    model.setScript({ reply: { kind: 'hang' } });
    const before = calls().length;
    const ids = await createPrompt(own.db, 'later');
    const call = await waitFor(() => calls()[before]);
    await own.stop();
    expect(await call.ended).toBe('lost');
    const job = await readJob(own.db, ids);
    expect(job).toMatchObject({ status: 'queued', lease_id: null });
    expect(job.payload?.dispatch).toMatchObject({ free_attempts: 1 });
    expect(await jobsOf(own.db, ids, 1)).toHaveLength(1);
  });
});

describe('two control planes', () => {
  it('make one call for each prompt', async () => {
    model.setScript({ reply: ({ turn }) => `answer ${turn}` });
    const second = await another();
    const before = calls().length;
    const texts = Array.from({ length: 24 }, (_, index) => `prompt ${index}`);
    const tasks = await Promise.all(texts.map((text) => createPrompt(plane.db, text)));
    for (const ids of tasks) await jobIn(plane.db, ids, 'completed');
    await second.stop();
    const heard = calls()
      .slice(before)
      .map(({ json }) => String(Reflect.get(Object(json), 'prompt')));
    expect(heard.toSorted()).toEqual(texts.toSorted());
  });
});

describe('slow models', () => {
  it.each([
    ['one prompt at once, and the others in turn', undefined, 1],
    ['as many at once as the operator knows them to take', 4, 4],
  ])('take %s, and hold up no sandbox job', async (_what, atOnce, most) => {
    if (atOnce !== undefined) await setSetting(plane.db, 'inference.max_concurrency', atOnce);
    await using node = await fakeNode({ slug: 'busy-bee' });
    await node.join(plane.url);
    const answer = Promise.withResolvers<void>();
    model.setScript({
      reply: { kind: 'wait', until: answer.promise, answer: { kind: 'say', text: 'at last' } },
    });
    const before = calls().length;
    const prompts = await Promise.all(
      Array.from({ length: 7 }, (_, index) => createPrompt(plane.db, `slow ${index}`)),
    );
    await waitFor(() => calls().length - before === most);
    await jobIn(plane.db, await createTask(plane.db), 'completed');
    expect(calls().length - before).toBe(most);
    answer.resolve();
    for (const ids of prompts) await jobIn(plane.db, ids, 'completed');
    expect(calls().length - before).toBe(7);
  });

  it('behind a relay that has no room make the prompt wait, not fail', async () => {
    await using own = await testControlPlane();
    let full = true;
    model.setScript({
      reply: 'room now',
      intercept: () =>
        full
          ? {
              kind: 'raw',
              status: 429,
              body: JSON.stringify({
                type: 'urn:cynodeai:error:node_at_capacity',
                title: 'x',
                status: 429,
                detail: 'all places are taken',
              }),
            }
          : undefined,
    });
    await using node = await inferenceNode({ slug: 'full', upstream: () => model.url });
    await node.join(own.url);
    const ids = await createPrompt(own.db, 'patience');
    await waitFor(async () => {
      const { payload } = await readJob(own.db, ids);
      return payload?.dispatch?.last_error?.includes('all places are taken');
    });
    full = false;
    const job = await jobIn(own.db, ids, 'completed');
    expect(job.result).toMatchObject({ stdout: 'room now' });
    expect(await jobsOf(own.db, ids, 1)).toHaveLength(1);
    model.setScript({ intercept: () => undefined });
  });
});
