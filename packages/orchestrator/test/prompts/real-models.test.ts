import { type ScriptedModel, startScriptedModel, waitFor } from '@cynodeai/testing';
import { waitToPass } from '@cynodeai/testing/harness';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readTaskEvents } from '../../src/adapters/postgres/task-events.ts';
import { type TestControlPlane, testControlPlane } from '../control-plane/support/control-plane.ts';
import {
  type TaskIds,
  jobIn,
  readJob,
  readTask,
  setSetting,
} from '../control-plane/support/tasks.ts';
import { callsOf, createPrompt, inferenceNode, jobsOf, smallModel } from './support/prompts.ts';

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
  model.setScript({ reply: 'scripted answer', quirks: {}, intercept: () => undefined });
  await setSetting(plane.db, 'inference.silence_timeout_seconds', 30);
  await setSetting(plane.db, 'inference.total_timeout_seconds', 1800);
});

/** What was told of a job so far. */
async function told({ taskId, jobId }: TaskIds): Promise<string> {
  const events = await readTaskEvents(plane.db, taskId, 0, 1000);
  return events
    .flatMap(({ data }) => ('text' in data && data.job_id === jobId ? [data.text] : []))
    .join('');
}

const lastError = async (ids: TaskIds): Promise<string> =>
  (await readJob(plane.db, ids)).payload?.dispatch?.last_error ?? '';

describe('an answer that comes word by word', () => {
  it('is told while it comes, and its end says the rest once (REQ-ORCHES-0123)', async () => {
    const next = [0, 1, 2].map(() => Promise.withResolvers<void>());
    const reply = {
      kind: 'trickle',
      chunks: ['one ', 'two\u{1F9E8} ', 'three'],
      next: (index: number) => next[index]?.promise ?? Promise.resolve(),
    } as const;
    model.setScript({ reply });
    const ids = await createPrompt(plane.db, 'count');
    next[0]?.resolve();
    await waitFor(async () => (await told(ids)) === 'one ');
    expect(await readJob(plane.db, ids)).toMatchObject({ status: 'running', result: null });
    next[1]?.resolve();
    await waitFor(async () => (await told(ids)) === 'one two\u{1F9E8} ');
    next[2]?.resolve();
    const job = await jobIn(plane.db, ids, 'completed');
    expect(job.result).toMatchObject({ stdout: 'one two\u{1F9E8} three' });
    expect(await told(ids)).toBe('one two\u{1F9E8} three');
  });

  it('is kept as far as it came when the model falls silent, marked, and not asked for again', async () => {
    await setSetting(plane.db, 'inference.silence_timeout_seconds', 1);
    const reply = {
      kind: 'trickle',
      chunks: ['half of ', 'never'],
      next: (index: number) => (index === 0 ? Promise.resolve() : new Promise(() => {})),
    } as const;
    model.setScript({ reply });
    const before = callsOf(model).length;
    const ids = await createPrompt(plane.db, 'go on');
    const job = await jobIn(plane.db, ids, 'failed');
    expect(job.result).toMatchObject({
      status: 'failed',
      error_type: 'model_timeout',
      error_message: 'the model fell silent in the middle of its answer for 1 s',
      stdout: 'half of ',
      truncated: { stdout: true, stderr: false },
      inference: { finish_reason: 'timeout' },
    });
    expect(await told(ids)).toBe(`half of ${String(job.result?.['stderr'])}`);
    expect(await readTask(plane.db, ids)).toMatchObject({ status: 'failed', closed: true });
    expect(await jobsOf(plane.db, ids, 1)).toHaveLength(1);
    expect(callsOf(model)).toHaveLength(before + 1);
  });

  it('may take as long as it likes while words come, up to the limit of the whole', async () => {
    await setSetting(plane.db, 'inference.total_timeout_seconds', 2);
    const reply = {
      kind: 'trickle',
      chunks: Array.from({ length: 10_000 }, () => 'blah '),
      next: () => new Promise((resolve) => setTimeout(resolve, 20)),
    } as const;
    model.setScript({ reply });
    const ids = await createPrompt(plane.db, 'ramble');
    const job = await jobIn(plane.db, ids, 'failed');
    expect(job.result).toMatchObject({
      error_type: 'model_timeout',
      error_message: 'the model was still answering after 2 s',
      stdout: expect.stringMatching(/^(?:blah )+$/),
    });
  });
});

describe('a model that is not at work yet', () => {
  let hasty: TestControlPlane;
  beforeAll(async () => {
    hasty = await testControlPlane({
      env: { OLLAMA_BASE_URL: model.url, INFERENCE_TIMEOUT_SECONDS: '1' },
    });
  });
  afterAll(() => hasty[Symbol.asyncDispose]());

  it('has more time while it is loaded than to its first word', async () => {
    const load = Promise.withResolvers<void>();
    model.setScript({
      reply: { kind: 'wait', until: load.promise, answer: { kind: 'say', text: 'warm' } },
    });
    model.evictModel(smallModel);
    model.addModel(smallModel);
    const ids = await createPrompt(hasty.db, 'cold');
    await waitFor(() => callsOf(model).length > 0);
    // Longer than the first word may take, and the model is not in memory.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await readJob(hasty.db, ids)).toMatchObject({ status: 'running' });
    load.resolve();
    expect((await jobIn(hasty.db, ids, 'completed')).result).toMatchObject({ stdout: 'warm' });
  });

  it('that is in memory and says nothing is given up, and not asked again', async () => {
    model.setScript({ reply: 'warm' });
    await jobIn(hasty.db, await createPrompt(hasty.db, 'warm up'), 'completed');
    model.setScript({ reply: { kind: 'hang' } });
    const ids = await createPrompt(hasty.db, 'hello?');
    const job = await jobIn(hasty.db, ids, 'failed');
    expect(job.result).toMatchObject({
      error_type: 'model_timeout',
      error_message: 'the model did not say a word within 1 s',
      stdout: '',
    });
    expect(await jobsOf(hasty.db, ids, 1)).toHaveLength(1);
  });
});

describe.each(['0.24.0', '0.32.15'])('a service of version %s', (version) => {
  const attachment = 'x '.repeat(20_000);

  it('gets room for 40 KB and cuts nothing', async () => {
    model.setScript({ reply: 'read', version, quirks: { context: 32_768 } });
    await using own = await testControlPlane({ env: { OLLAMA_BASE_URL: model.url } });
    const ids = await createPrompt(own.db, `What is in it? ${attachment}`);
    const job = await jobIn(own.db, ids, 'completed');
    expect(job.result).toMatchObject({ stdout: 'read' });
    expect(model.cut).toEqual([]);
  });

  it('that cannot hold the input refuses it, with both numbers, and nobody asks again', async () => {
    model.setScript({ reply: 'read', version, quirks: { context: 2048 } });
    const before = callsOf(model).length;
    await using own = await testControlPlane({ env: { OLLAMA_BASE_URL: model.url } });
    const ids = await createPrompt(own.db, `What is in it? ${attachment}`);
    const job = await jobIn(own.db, ids, 'failed');
    expect(job.result).toMatchObject({
      error_type: 'model_input_too_long',
      error_message: expect.stringMatching(
        /^the input is (?:about )?\d{5} tokens long and qwen3\.5:0\.8b takes 2048; shorten/,
      ),
    });
    expect(await jobsOf(own.db, ids, 1)).toHaveLength(1);
    expect([model.cut, callsOf(model).length - before]).toEqual([[], 1]);
  });

  it('whose model thinks is asked not to', async () => {
    model.setScript({ reply: '42', version, quirks: { thinks: 'well, '.repeat(100) } });
    const ids = await createPrompt(plane.db, 'think!');
    const job = await jobIn(plane.db, ids, 'completed');
    expect(job.result).toMatchObject({ stdout: '42' });
  });

  it('that takes one call at once answers five prompts', async () => {
    model.setScript({
      reply: ({ turn }) => `answer ${turn}`,
      version,
      quirks: { atOnce: 1, waiting: 0 },
    });
    const all = await Promise.all(
      Array.from({ length: 5 }, (_, index) => createPrompt(plane.db, `prompt ${index}`)),
    );
    for (const ids of all) await jobIn(plane.db, ids, 'completed');
  });
});

describe('a state that passes', () => {
  it.each([
    ['a full queue', { kind: 'busy' }, 'model_service_busy', /503: server busy/],
    [
      'a proxy without its service',
      { kind: 'raw', status: 502, body: '<html>' },
      'model_service_down',
      /502/,
    ],
    [
      'a model that was removed',
      { kind: 'error', status: 404, error: 'model not found' },
      'pm_model_unavailable',
      /404: model not found/,
    ],
  ] as const)('puts the prompt back: %s', async (_what, behaviour, waitingReason, message) => {
    model.setScript({ reply: behaviour });
    const ids = await createPrompt(plane.db, 'patience');
    await waitFor(async () => message.test(await lastError(ids)));
    const task = async () => (await readTask(plane.db, ids)).metadata ?? {};
    const waiting = async () => (await task())['waiting_reason'];
    await waitFor(async () => (await waiting()) === waitingReason);
    // What a person reads is more than the code.
    expect(await task()).toMatchObject({
      waiting_text: expect.stringMatching(/again in a moment/),
    });
    model.setScript({ reply: 'there again' });
    const job = await jobIn(plane.db, ids, 'completed');
    expect(job.result).toMatchObject({ stdout: 'there again' });
    expect(await jobsOf(plane.db, ids, 1)).toHaveLength(1);
    expect(await waiting()).toBeUndefined();
  });

  it('makes the other prompts wait for their turn, not for the state, once one of them is at the model', async () => {
    model.setScript({ reply: { kind: 'busy' } });
    const all = await Promise.all(
      [1, 2, 3].map((index) => createPrompt(plane.db, `turn ${index}`)),
    );
    const reasons = () =>
      Promise.all(
        all.map(
          async (ids) => (await readTask(plane.db, ids)).metadata?.['waiting_reason'] ?? null,
        ),
      );
    await waitFor(async () => (await reasons()).every((reason) => reason === 'model_service_busy'));
    const answer = Promise.withResolvers<void>();
    const said = { kind: 'say', text: 'next, please' } as const;
    model.setScript({ reply: { kind: 'wait', until: answer.promise, answer: said } });
    const others = 'model_answers_others';
    await waitToPass(async () => {
      expect((await reasons()).filter((reason) => reason === others)).toHaveLength(2);
    });
    answer.resolve();
    for (const ids of all) await jobIn(plane.db, ids, 'completed');
    expect(await reasons()).toEqual([null, null, null]);
  });

  it('is also a service that is not there: it is asked again until it is', async () => {
    const gone = await startScriptedModel({ models: [smallModel] });
    await gone.close();
    await using own = await testControlPlane({ env: { OLLAMA_BASE_URL: gone.url } });
    const ids = await createPrompt(own.db, 'anybody?');
    const job = () => readJob(own.db, ids);
    await waitFor(async () =>
      /the model service cannot be reached \(ECONNREFUSED\)/.test(
        (await job()).payload?.dispatch?.last_error ?? '',
      ),
    );
    await using _back = await startedAt(gone.port);
    expect((await jobIn(own.db, ids, 'completed')).result).toMatchObject({ stdout: 'back' });
  });

  it('is not waited for when the prompt itself may end the service, again and again', async () => {
    await using node = await inferenceNode({ slug: 'poison' });
    model.setScript({ reply: { kind: 'raw', status: 502, body: '' } });
    await using own = await testControlPlane({ env: { OLLAMA_BASE_URL: model.url } });
    const ids = await createPrompt(own.db, 'poison');
    await hadBrokenCalls(own, ids, 5);
    await node.join(own.url);
    const [first, second] = await jobsOf(own.db, ids, 2);
    expect(first).toMatchObject({ status: 'failed', result: { error_type: 'model_refused' } });
    expect(second?.payload).toMatchObject({ kind: 'sandbox' });
  });

  it.each([
    ['that broke off', 502, true],
    ['that found no place', 503, false],
  ])(
    'is waited for however often the prompt was claimed, after a call %s',
    async (_what, status, isBroken) => {
      model.setScript({ reply: { kind: 'raw', status, body: '' } });
      const ids = await createPrompt(plane.db, 'patience');
      await plane.db.updateTable('jobs').set({ attempt: 50 }).where('id', '=', ids.jobId).execute();
      const note = async () => (await readJob(plane.db, ids)).payload?.dispatch;
      const calls = callsOf(model).length;
      await waitFor(() => callsOf(model).length > calls + 1);
      await waitFor(async () => (await note())?.last_error?.includes(String(status)));
      expect(((await note())?.broken_calls ?? 0) > 0).toBe(isBroken);
      model.setScript({ reply: 'there again' });
      await jobIn(plane.db, ids, 'completed');
      expect(await jobsOf(plane.db, ids, 1)).toHaveLength(1);
    },
  );
});

/** As if calls of that prompt had broken off before. */
async function hadBrokenCalls({ db }: TestControlPlane, ids: TaskIds, count: number) {
  await sql`UPDATE jobs SET next_attempt_at = now(), payload =
    payload || jsonb_build_object('dispatch', coalesce(payload -> 'dispatch', '{}') || jsonb_build_object('broken_calls', ${count}::int))
    WHERE id = ${ids.jobId}::uuid`.execute(db);
}

/** A model at a port that was somebody's before. */
async function startedAt(port: number): Promise<AsyncDisposable> {
  const back = await startScriptedModel({ models: [smallModel], port, reply: 'back' });
  return { [Symbol.asyncDispose]: () => back.close() };
}
