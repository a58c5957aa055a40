import { fakeNode } from '@cynodeai/testing/doubles';
import { ProblemError } from '@cynodeai/runtime/http';
import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readTaskEvents } from '../../src/adapters/postgres/task-events.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import { cancelTask, createTask, jobIn, readJob, readTask, setSetting } from './support/tasks.ts';

let plane: TestControlPlane;

beforeAll(async () => {
  plane = await testControlPlane();
});
afterAll(() => plane[Symbol.asyncDispose]());
beforeEach(async () => {
  await setSetting(plane.db, 'dispatch.max_refusals', 10);
  await plane.db.updateTable('nodes').set({ status: 'inactive' }).execute();
});

describe('outcomes', () => {
  const refuseOnce = (error: ProblemError) => {
    let refused = false;
    return () => {
      if (refused) return {};
      refused = true;
      throw error;
    };
  };

  it.each(['node_at_capacity', 'node_shutting_down', 'node_not_ready'] as const)(
    'sends a job again after %s: nothing ran',
    async (kind) => {
      const error = new ProblemError(kind, 'later', { retryAfterSeconds: 1 });
      await using node = await fakeNode({ slug: 'busy', onRun: refuseOnce(error) });
      await node.join(plane.url);
      const ids = await createTask(plane.db);
      await waitFor(async () => (await readJob(plane.db, ids)).next_attempt_at !== null);
      const waiting = await readJob(plane.db, ids);
      expect(waiting.status).toBe('queued');
      expect(waiting.payload?.dispatch?.last_error).toContain('later');
      expect(waiting.payload?.dispatch).not.toHaveProperty('refusals');
      const delay = (waiting.next_attempt_at?.getTime() ?? 0) - waiting.updated_at.getTime();
      expect(delay).toBeGreaterThanOrEqual(1600);
      expect(delay).toBeLessThanOrEqual(2400);
      await plane.db.updateTable('jobs').set({ next_attempt_at: new Date() }).execute();
      expect(await jobIn(plane.db, ids, 'completed')).toMatchObject({ attempt: 2 });
      expect(node.runs).toHaveLength(2);
      expect(new Set(node.runs.map((run) => run.lease_id)).size).toBe(2);
    },
  );

  it.each([
    ['inference_unavailable', 'the engine has no user namespace to join'],
    ['unavailable', 'processes were wanting when the sandbox was to start'],
  ] as const)(
    'counts the refusals of a node that answers %s for ever, shows them, and ends the job',
    async (kind, why) => {
      await setSetting(plane.db, 'dispatch.max_refusals', 3);
      const onRun = () => {
        throw new ProblemError(kind, why);
      };
      await using node = await fakeNode({ slug: 'never', onRun });
      await node.join(plane.url);
      const ids = await createTask(plane.db);
      const due = () =>
        plane.db
          .updateTable('jobs')
          .set({ next_attempt_at: new Date() })
          .where('id', '=', ids.jobId)
          .where('status', '=', 'queued')
          .execute();
      for (const times of [1, 2]) {
        await waitFor(async () => {
          const { metadata } = await readTask(plane.db, ids);
          const said = `node never answered 503: ${why} (${times} of 3 times)`;
          return metadata?.['waiting_text'] === said;
        });
        await due();
      }
      const job = await jobIn(plane.db, ids, 'failed');
      expect(job.result).toMatchObject({ error_type: 'node_unable' });
      expect(job.result?.['error_message']).toContain(`503: ${why} (3 of 3 times)`);
      expect(node.runs).toHaveLength(3);
    },
  );

  it('keeps the bytes of a stream that is no text, and the task and its events say which it is', async () => {
    const binary = { stderr: { head: '/wA=' } };
    await using node = await fakeNode({
      slug: 'bytes',
      onRun: () => ({ stdout: 'text', stderr: '\uFFFD\u0000', binary }),
    });
    await node.join(plane.url);
    const ids = await createTask(plane.db);
    expect((await jobIn(plane.db, ids, 'completed')).result).toMatchObject({ binary });
    expect((await readTask(plane.db, ids)).metadata).toMatchObject({ binary: ['stderr'] });
    const told = (await readTaskEvents(plane.db, ids.taskId, 0, 100)).filter(
      ({ event }) => event === 'job.log',
    );
    expect(told.map(({ data }) => data)).toMatchObject([
      { stream: 'stdout', text: 'text' },
      { stream: 'stderr', text: '\uFFFD\uFFFD', binary: true },
    ]);
    expect(told[0]?.data).not.toHaveProperty('binary');
  });

  it('gives a job to another node once one has said often enough that it cannot start it', async () => {
    await setSetting(plane.db, 'dispatch.max_refusals', 1);
    const onRun = () => {
      throw new ProblemError('inference_unavailable', 'no model');
    };
    await using first = await fakeNode({ slug: 'u1', onRun });
    await using second = await fakeNode({ slug: 'u2' });
    await first.join(plane.url);
    await second.join(plane.url);
    const ids = await createTask(plane.db);
    await jobIn(plane.db, ids, 'completed');
    expect([first.runs.length, second.runs.length]).toEqual([1, 1]);
  });

  it('takes a node out that refuses the token, and the job waits for another', async () => {
    await using node = await fakeNode({ slug: 'stranger' });
    await node.join(plane.url);
    const right = node.token;
    node.token = 'changed-behind-our-back-changed-behind';
    const ids = await createTask(plane.db);
    const rowOf = () =>
      plane.db
        .selectFrom('nodes')
        .selectAll()
        .where('node_slug', '=', 'stranger')
        .executeTakeFirst();
    await waitFor(async () => (await rowOf())?.status === 'inactive');
    await waitFor(async () => (await readJob(plane.db, ids)).status === 'queued');
    expect((await rowOf())?.metadata?.['last_dispatch_error']).toContain('401');
    expect(JSON.stringify(await rowOf())).not.toContain(right);
    await using other = await fakeNode({ slug: 'friend' });
    await other.join(plane.url);
    await jobIn(plane.db, ids, 'completed');
    expect(other.runs).toHaveLength(1);
  });

  it('tries another node after a refusal by node policy, and fails when none is left (REQ-WORKER-0122)', async () => {
    const onRun = () => {
      throw new ProblemError('node_policy_refused', 'image not allowed here');
    };
    await using first = await fakeNode({ slug: 'p1', onRun });
    await using second = await fakeNode({ slug: 'p2', onRun });
    await first.join(plane.url);
    await second.join(plane.url);
    const ids = await createTask(plane.db);
    const job = await jobIn(plane.db, ids, 'failed');
    expect([first.runs.length, second.runs.length]).toEqual([1, 1]);
    expect(job.result).toMatchObject({
      error_type: 'node_policy_refused',
      error_message: 'node p2 answered 403: image not allowed here',
    });
  });

  it.each([
    ['invalid_request', 'validation'],
    ['payload_too_large', 'payload_too_large'],
    ['worker_error', 'not_found'],
  ] as const)('fails with %s and is not sent again', async (errorType, kind) => {
    await using node = await fakeNode({
      slug: 'no',
      onRun: () => {
        throw new ProblemError(kind, 'no');
      },
    });
    await node.join(plane.url);
    const ids = await createTask(plane.db);
    const job = await jobIn(plane.db, ids, 'failed');
    expect(job.result).toMatchObject({ error_type: errorType });
    expect((await readTask(plane.db, ids)).summary).toContain('answered');
    expect(node.runs).toHaveLength(1);
  });

  it('asks the node after a lost connection and takes the result that is kept there', async () => {
    await using node = await fakeNode({ slug: 'cut', onRun: () => 'hang up' });
    await node.join(plane.url);
    const ids = await createTask(plane.db);
    expect(await jobIn(plane.db, ids, 'completed')).toMatchObject({ attempt: 1 });
    expect(node.executed).toEqual([ids.jobId]);
    await waitFor(() => node.kept.size === 0);
    expect(node.acked).toEqual([ids.jobId]);
  });

  it.each([
    ['a 500', () => Promise.reject(new ProblemError('internal', 'disk full'))],
    ['the result of another job', () => ({ job_id: crypto.randomUUID() })],
  ] as const)(
    'starts a job again after %s, until its attempts are used up',
    async (_what, onRun) => {
      await using node = await fakeNode({ slug: 'odd', onRun });
      await node.join(plane.url);
      await setSetting(plane.db, 'dispatch.max_attempts', 2);
      const ids = await createTask(plane.db);
      await waitFor(async () => (await readJob(plane.db, ids)).next_attempt_at !== null);
      const waiting = await readJob(plane.db, ids);
      expect(waiting).toMatchObject({ status: 'queued', attempt: 1, lease_id: null });
      const delay = (waiting.next_attempt_at?.getTime() ?? 0) - waiting.updated_at.getTime();
      expect(delay).toBeGreaterThanOrEqual(1600);
      expect(delay).toBeLessThanOrEqual(2400);
      const job = await jobIn(plane.db, ids, 'failed');
      expect(job).toMatchObject({ attempt: 2, result: { error_type: 'attempts_exhausted' } });
      expect(job.result?.['error_message']).toContain('node odd');
      expect(await readTask(plane.db, ids)).toMatchObject({ status: 'failed', closed: true });
      const events = await readTaskEvents(plane.db, ids.taskId, 0, 100);
      expect(
        events.flatMap(({ event, data }) => (event === 'job.status' ? [data.status] : [])),
      ).toEqual(['running', 'lease_expired', 'queued', 'running', 'lease_expired', 'failed']);
    },
  );

  it('queues again when the node cannot be reached: the request never left', async () => {
    const node = await fakeNode({ slug: 'gone' });
    await node.join(plane.url);
    await node.close();
    const ids = await createTask(plane.db);
    await waitFor(async () => (await readJob(plane.db, ids)).next_attempt_at !== null);
    const job = await readJob(plane.db, ids);
    expect(job.status).toBe('queued');
    expect(job.payload?.dispatch?.last_error).toMatch(/node gone could not be reached: ECONN/);
    await cancelTask(plane.db, ids);
  });
});

describe('a cancel while the job runs', () => {
  it('stops it on its node, and a success that arrives later changes no status', async () => {
    const release = Promise.withResolvers<void>();
    const stops: string[] = [];
    await using node = await fakeNode({
      slug: 'stoppable',
      maxConcurrency: 1,
      onRun: async () => {
        await release.promise;
        return { stdout: 'late' };
      },
      onStop: ({ job_id, grace_seconds }) => {
        stops.push(`${job_id} ${grace_seconds}`);
        // The first request overtakes the job, as it may on a busy node.
        return stops.length === 1 ? 'not_running' : 'stopping';
      },
    });
    await node.join(plane.url);
    const ids = await createTask(plane.db);
    await waitFor(() => node.runs.length === 1);
    await cancelTask(plane.db, ids);
    await waitFor(() => stops.length === 2);
    expect(stops[0]).toBe(`${ids.jobId} 30`);
    // The node still winds the job down: its only slot is not free.
    const next = await createTask(plane.db);
    const isRunning = async () => (await readJob(plane.db, next)).status === 'running';
    await expect(waitFor(isRunning, { within: 3000 })).rejects.toThrow(/did not hold/);
    release.resolve();
    await jobIn(plane.db, next, 'completed');
    const job = await waitFor(async () => {
      const row = await readJob(plane.db, ids);
      return row.result === null ? undefined : row;
    });
    expect(job).toMatchObject({ status: 'canceled', result: { stdout: 'late' } });
    expect((await readTask(plane.db, ids)).status).toBe('canceled');
    const events = await readTaskEvents(plane.db, ids.taskId, 0, 100);
    expect(events.some(({ event }) => event === 'job.log')).toBe(false);
    expect(stops).toHaveLength(2);
  });
});
