import { fakeNode, register } from '@cynodeai/testing/doubles';
import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { storedContent } from '../support/stored-content.ts';
import { readTaskEvents } from '../../src/adapters/postgres/task-events.ts';
import type { SandboxJobPayload } from '../../src/domain/jobs/job-payload.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import {
  type TaskIds,
  cancelTask,
  createTask,
  jobIn,
  readJob,
  readTask,
  sandboxPayload,
} from './support/tasks.ts';

let plane: TestControlPlane;

beforeAll(async () => {
  plane = await testControlPlane();
});
afterAll(() => plane[Symbol.asyncDispose]());
beforeEach(async () => {
  await plane.db.updateTable('nodes').set({ status: 'inactive' }).execute();
});

const script = (fields: Partial<SandboxJobPayload>): SandboxJobPayload => ({
  ...sandboxPayload,
  ...fields,
});

describe('a raw task', () => {
  it('goes to a node that acknowledged its configuration, and its result comes back (REQ-ORCHES-0122, 0123)', async () => {
    await using node = await fakeNode({
      slug: 'first',
      onRun: () => ({ stdout: 'hello\n', stderr: 'a\u0000b' }),
    });
    await node.join(plane.url);
    const ids = await createTask(plane.db, { payload: script({ command: ['echo', 'hello'] }) });
    const job = await jobIn(plane.db, ids, 'completed');
    expect(job.result).toMatchObject({ stdout: 'hello\n', stderr: 'a\uFFFDb', exit_code: 0 });
    expect(job.payload?.dispatch).toMatchObject({
      node_slug: 'first',
      reasons: ['only_free_node'],
    });
    expect(await readTask(plane.db, ids)).toMatchObject({
      status: 'completed',
      closed: true,
      summary: 'exit code 0',
      metadata: { exit_code: 0 },
    });
    expect(node.runs).toMatchObject([
      {
        job_id: ids.jobId,
        lease_id: job.lease_id,
        sandbox: {
          image: 'localhost/test',
          command: ['echo', 'hello'],
          timeout_seconds: 3600,
          network_policy: 'none',
        },
      },
    ]);
    const events = await readTaskEvents(plane.db, ids.taskId, 0, 100);
    expect(
      events.map(({ event, data }) => [
        event,
        'text' in data ? data.text : Reflect.get(data, 'status'),
      ]),
    ).toEqual([
      ['task.status', 'running'],
      ['job.status', 'running'],
      ['job.log', 'hello\n'],
      ['job.log', 'a\uFFFDb'],
      ['job.status', 'completed'],
      ['task.status', 'completed'],
    ]);
  });

  it('fails with the exit code of the job, or as a timeout, and is not sent again', async () => {
    await using node = await fakeNode({
      slug: 'failing',
      onRun: ({ sandbox }) =>
        sandbox.command[0] === 'false'
          ? { status: 'failed', exit_code: 3, stdout: 'x'.repeat(40_000) }
          : { status: 'timeout', exit_code: undefined },
    });
    await node.join(plane.url);
    const failing = await createTask(plane.db, { payload: script({ command: ['false'] }) });
    const slow = await createTask(plane.db, { payload: script({ command: ['sleep'] }) });
    expect((await jobIn(plane.db, failing, 'failed')).result).toMatchObject({ exit_code: 3 });
    expect((await jobIn(plane.db, slow, 'failed')).result).toMatchObject({ status: 'timeout' });
    expect(await readTask(plane.db, failing)).toMatchObject({
      status: 'failed',
      summary: 'exit code 3',
      metadata: { exit_code: 3 },
    });
    expect((await readTask(plane.db, slow)).metadata ?? {}).not.toHaveProperty('exit_code');
    const events = await readTaskEvents(plane.db, failing.taskId, 0, 100);
    const pieces = events.flatMap(({ data }) => ('text' in data ? [data.text.length] : []));
    expect(pieces).toEqual([16_384, 16_384, 7232]);
    expect(node.runs).toHaveLength(2);
  });

  it('carries its input files as bytes, uses the default image and drops reserved names (REQ-ORCHES-0126)', async () => {
    await using own = await testControlPlane({
      env: { SANDBOX_DEFAULT_IMAGE: 'localhost/default' },
    });
    await using node = await fakeNode({ slug: 'files' });
    await node.join(own.url);
    const { storageRef } = await storedContent(own.db, own.artifactDirectory).write(
      Buffer.from([0, 255, 10]),
    );
    const { image: _none, ...noImage } = sandboxPayload;
    const artifactId = crypto.randomUUID();
    const payload: SandboxJobPayload = {
      ...noImage,
      env: { A: '1', CYNODE_TASK_ID: 'forged', OLLAMA_BASE_URL: 'x' },
      timeout_seconds: 99_999,
      input_files: [
        { path: '.cynode/script', mode: '0755', source: { kind: 'prompt' } },
        { path: 'a.txt', mode: '0644', source: { kind: 'text', text: 'ä' } },
        {
          path: 'upload/b',
          mode: '0644',
          source: { kind: 'artifact', artifact_id: artifactId },
        },
      ],
    };
    await own.db.updateTable('nodes').set({ enabled: false }).execute();
    const ids = await createTask(own.db, { payload, prompt: '#!/bin/sh\necho "ü"' });
    await own.db
      .insertInto('task_artifacts')
      .values({ id: artifactId, task_id: ids.taskId, path: 'upload/b', storage_ref: storageRef })
      .execute();
    await own.db.updateTable('nodes').set({ enabled: true }).execute();
    await jobIn(own.db, ids, 'completed');
    const { sandbox } = node.runs[0] ?? {};
    expect(sandbox).toMatchObject({
      image: 'localhost/default',
      env: { A: '1' },
      timeout_seconds: 10_800,
    });
    expect(Object.keys(sandbox?.env ?? {})).toEqual(['A']);
    expect(
      sandbox?.input_files?.map((file) => [
        file.path,
        file.mode,
        [...Buffer.from(file.content_base64, 'base64')],
      ]),
    ).toEqual([
      ['.cynode/script', '0755', [...Buffer.from('#!/bin/sh\necho "ü"')]],
      ['a.txt', '0644', [...Buffer.from('ä')]],
      ['upload/b', '0644', [0, 255, 10]],
    ]);
    const lost = await createTask(own.db, {
      payload: { ...payload, input_files: payload.input_files.slice(2) },
    });
    expect((await jobIn(own.db, lost, 'failed')).result).toMatchObject({
      error_type: 'input_unavailable',
    });
  });
});

describe('a prompt task', () => {
  it('waits while no node can serve a model, says so, and reaches no node (REQ-ORCHES-0125)', async () => {
    await using node = await fakeNode({ slug: 'idle' });
    await node.join(plane.url);
    const ids = await createTask(plane.db, {
      payload: { kind: 'inference', target: 'local', input_mode: 'prompt' },
      prompt: '"; touch pwned; $(id)',
    });
    const reason = async () => (await readTask(plane.db, ids)).metadata?.['waiting_reason'];
    await waitFor(async () => (await reason()) === 'no_inference_path');
    expect(await readJob(plane.db, ids)).toMatchObject({ status: 'queued', node_id: null });
    expect(node.runs).toEqual([]);
    await cancelTask(plane.db, ids);
  });
});

describe('eligibility', () => {
  it('keeps work from a node that did not acknowledge, failed or registered anew', async () => {
    await using node = await fakeNode({ slug: 'shy' });
    const { key } = node;
    const session = await register(plane.url, node.report(), { key });
    const ids = await createTask(plane.db);
    const reason = async () => (await readTask(plane.db, ids)).metadata?.['waiting_reason'];
    await waitFor(async () => (await reason()) === 'no_dispatchable_node');
    const config = await (await session.fetchConfig()).json();
    const ack = { node_slug: 'shy', config_version: Reflect.get(Object(config), 'config_version') };
    await session.ack({ ...ack, status: 'failed', error: { type: 'x', message: 'y' } });
    await waitFor(async () => (await reason()) === 'no_dispatchable_node');
    expect(node.runs).toEqual([]);
    await node.join(plane.url);
    await jobIn(plane.db, ids, 'completed');
    expect(await reason()).toBeUndefined();
    await register(plane.url, node.report(), { key });
    const runs = node.runs.length;
    const late = await createTask(plane.db);
    await waitFor(
      async () =>
        (await readTask(plane.db, late)).metadata?.['waiting_reason'] === 'no_dispatchable_node',
    );
    expect((await readJob(plane.db, late)).status).toBe('queued');
    expect(node.runs).toHaveLength(runs);
    await cancelTask(plane.db, late);
  });

  it('gives every node its own token and spreads load by running jobs, then slug', async () => {
    const release = Promise.withResolvers<void>();
    const hold = async () => {
      await release.promise;
      return {};
    };
    await using b = await fakeNode({ slug: 'b', onRun: hold });
    await using a = await fakeNode({ slug: 'a', onRun: hold });
    await b.join(plane.url);
    await a.join(plane.url);
    const tasks = [];
    for (let index = 0; index < 4; index += 1) tasks.push(await createTask(plane.db));
    await waitFor(() => a.runs.length + b.runs.length === 4);
    expect([a.runs.length, b.runs.length]).toEqual([2, 2]);
    expect(
      (await readJob(plane.db, tasks[0] ?? { taskId: '', jobId: '' })).payload?.dispatch,
    ).toMatchObject({ node_slug: 'a' });
    release.resolve();
    for (const task of tasks) await jobIn(plane.db, task, 'completed');
    expect([...a.tokensSeen]).toEqual([a.token]);
    expect([...b.tokensSeen]).toEqual([b.token]);
    expect(a.token).not.toBe(b.token);
  });

  it('leaves jobs that need inference waiting without holding up the ones behind them', async () => {
    await using node = await fakeNode({ slug: 'plain', maxConcurrency: 1 });
    const waiting: TaskIds[] = [];
    for (let index = 0; index < 3; index += 1) {
      waiting.push(await createTask(plane.db, { payload: script({ use_inference: true }) }));
    }
    const plain = await createTask(plane.db);
    await node.join(plane.url);
    await jobIn(plane.db, plain, 'completed');
    await waitFor(async () => {
      const reasons = await Promise.all(waiting.map((ids) => readTask(plane.db, ids)));
      return reasons.every(
        (task) => task.metadata?.['waiting_reason'] === 'no_inference_capable_node',
      );
    });
    for (const ids of waiting) await cancelTask(plane.db, ids);
  });

  it('never runs more jobs on a node than it has slots, and a slow one holds up no other', async () => {
    let running = 0;
    let most = 0;
    const release = Promise.withResolvers<void>();
    await using node = await fakeNode({
      slug: 'slots',
      maxConcurrency: 3,
      onRun: async ({ sandbox }) => {
        running += 1;
        most = Math.max(most, running);
        if (sandbox.command[0] === 'slow') await release.promise;
        running -= 1;
        return {};
      },
    });
    await node.join(plane.url);
    const slow = await createTask(plane.db, { payload: script({ command: ['slow'] }) });
    await waitFor(() => node.runs.length === 1);
    const quick = [];
    for (let index = 0; index < 12; index += 1) quick.push(await createTask(plane.db));
    for (const ids of quick) await jobIn(plane.db, ids, 'completed');
    expect((await readJob(plane.db, slow)).status).toBe('running');
    expect(most).toBeLessThanOrEqual(3);
    release.resolve();
    await jobIn(plane.db, slow, 'completed');
  });
});
