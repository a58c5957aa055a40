import { fakeNode } from '@cynodeai/testing/doubles';
import { waitFor } from '@cynodeai/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { postgresJobEnds } from '../../src/adapters/postgres/jobs/complete-jobs.ts';
import { postgresLeases } from '../../src/adapters/postgres/jobs/leases.ts';
import { readTaskEvents } from '../../src/adapters/postgres/task-events.ts';
import { failed } from '../../src/domain/dispatch/outcome.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import {
  type TaskIds,
  cancelTask,
  createTask,
  jobIn,
  readJob,
  readTask,
  setLeaseTtl,
  setSetting,
} from './support/tasks.ts';

let plane: TestControlPlane;
const ttlSeconds = 2;

beforeAll(async () => {
  plane = await testControlPlane();
});
afterAll(() => plane[Symbol.asyncDispose]());
beforeEach(async () => {
  await plane.db.updateTable('nodes').set({ enabled: false }).execute();
  await setLeaseTtl(plane.db, ttlSeconds);
  await setSetting(plane.db, 'dispatch.max_attempts', 3);
});

/** Statuses of the job's events, in order. */
async function statusesOf({ taskId }: TaskIds): Promise<string[]> {
  const events = await readTaskEvents(plane.db, taskId, 0, 200);
  return events.flatMap(({ event, data }) => (event === 'job.status' ? [data.status] : []));
}

function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onRun = async () => {
    await promise;
    return { stdout: 'late' };
  };
  return { onRun, release: resolve };
}

describe('a job longer than its lease', () => {
  it('is renewed while its node answers for it, keeps its one lease and runs once', async () => {
    const { onRun, release } = held();
    await using node = await fakeNode({ slug: 'long', onRun });
    await node.join(plane.url);
    const ids = await createTask(plane.db);
    await waitFor(() => node.runs.length === 1);
    const first = await readJob(plane.db, ids);
    const length = (first.lease_expires_at?.getTime() ?? 0) - first.updated_at.getTime();
    expect(length).toBe(ttlSeconds * 1000);
    await waitFor(async () => {
      const { lease_expires_at: until } = await readJob(plane.db, ids);
      return (until?.getTime() ?? 0) > (first.lease_expires_at?.getTime() ?? 0) + 4000;
    });
    // Others run meanwhile.
    await cancelTask(plane.db, await createTask(plane.db));
    release();
    const job = await jobIn(plane.db, ids, 'completed');
    expect(job).toMatchObject({ attempt: 1, lease_id: first.lease_id });
    expect(node.runs.filter((run) => run.job_id === ids.jobId)).toHaveLength(1);
    expect(await statusesOf(ids)).toEqual(['running', 'completed']);
  });
});

describe('a node behind a partition', () => {
  it('loses its job to another within lease TTL + 2 s, and its late result changes nothing', async () => {
    const { onRun, release } = held();
    await using a = await fakeNode({ slug: 'a', onRun });
    await using b = await fakeNode({ slug: 'b', onRun: () => ({ stdout: 'from b' }) });
    await a.join(plane.url);
    const ids = await createTask(plane.db);
    await waitFor(() => a.runs.length === 1);
    await b.join(plane.url);
    const { started_at: begun } = await readJob(plane.db, ids);
    const cutAt = performance.now();
    a.freeze();
    await waitFor(() => b.runs.length === 1);
    expect(performance.now() - cutAt).toBeLessThan(ttlSeconds * 1000 + 2000);
    const job = await jobIn(plane.db, ids, 'completed');
    expect(job).toMatchObject({ attempt: 2, result: { stdout: 'from b' } });
    expect(job.started_at?.getTime()).toBeGreaterThan(begun?.getTime() ?? Infinity);
    expect(b.runs[0]?.lease_id).not.toBe(a.runs[0]?.lease_id);
    expect(await statusesOf(ids)).toEqual([
      'running',
      'lease_expired',
      'queued',
      'running',
      'completed',
    ]);
    release();
    a.thaw();
    // What was left there is stopped and dropped as soon as the node answers again.
    await waitFor(() => a.acked.includes(ids.jobId));
    expect(a.stops.map((stop) => stop.job_id)).toContain(ids.jobId);
    expect((await readJob(plane.db, ids)).result).toMatchObject({ stdout: 'from b' });
  });

  it('keeps its job when it is back in time, and when there is no other node', async () => {
    const { onRun, release } = held();
    await using node = await fakeNode({ slug: 'alone', onRun });
    await node.join(plane.url);
    const ids = await createTask(plane.db);
    await waitFor(() => node.runs.length === 1);
    node.freeze();
    await waitFor(async () => (await readJob(plane.db, ids)).attempt >= 2);
    node.thaw();
    await waitFor(async () => {
      const { status, payload } = await readJob(plane.db, ids);
      return status === 'running' && (payload?.dispatch?.free_attempts ?? 0) >= 1;
    });
    expect(node.stops).toEqual([]);
    release();
    const job = await jobIn(plane.db, ids, 'completed');
    expect(job.result).toMatchObject({ stdout: 'late' });
    expect(node.executed).toEqual([ids.jobId]);
    expect(node.runs).toHaveLength(1);
  });
});

describe('a node that restarts', () => {
  it('with a stored result gives it, and the job is not run again', async () => {
    await using node = await fakeNode({ slug: 'stored', onRun: () => 'hang up' });
    await node.join(plane.url);
    const ids = await createTask(plane.db);
    await waitFor(() => node.kept.get(ids.jobId)?.result !== undefined);
    await node.restart();
    expect(await jobIn(plane.db, ids, 'completed')).toMatchObject({ attempt: 1 });
    expect(node.executed).toEqual([ids.jobId]);
    await waitFor(() => node.acked.includes(ids.jobId));
  });

  it('in the middle of a job runs it again under a new lease, after the lost run was acknowledged', async () => {
    let life = 0;
    await using node = await fakeNode({
      slug: 'reborn',
      onRun: () => {
        life += 1;
        return life === 1 ? new Promise(() => {}) : { stdout: 'second life' };
      },
    });
    await node.join(plane.url);
    const ids = await createTask(plane.db);
    await waitFor(() => node.runs.length === 1);
    await node.restart();
    const job = await jobIn(plane.db, ids, 'completed');
    expect(job).toMatchObject({ attempt: 2, result: { stdout: 'second life' } });
    expect(node.executed).toEqual([ids.jobId, ids.jobId]);
    expect(new Set(node.runs.map((run) => run.lease_id)).size).toBe(2);
    await waitFor(() => node.acked.length === 2);
  });

  it('twice under the same job ends it with that reason, and takes other work', async () => {
    const hung = new Set<string>();
    await using node = await fakeNode({
      slug: 'victim',
      onRun: ({ job_id: jobId }) =>
        hung.has(jobId) ? new Promise(() => {}) : { stdout: 'harmless' },
    });
    const ids = await createTask(plane.db);
    hung.add(ids.jobId);
    await node.join(plane.url);
    for (const runs of [1, 2]) {
      await waitFor(() => node.runs.length === runs);
      await node.restart();
    }
    const job = await jobIn(plane.db, ids, 'failed');
    expect(job).toMatchObject({ attempt: 3, result: { error_type: 'node_died' } });
    expect(JSON.stringify(job.result)).toContain('2 times a node ended while it ran this job');
    expect(node.executed).toEqual([ids.jobId, ids.jobId]);
    await waitFor(() => node.acked.filter((id) => id === ids.jobId).length === 2);
    await jobIn(plane.db, await createTask(plane.db), 'completed');
  });

  it('too late finds its job done elsewhere', async () => {
    await using dead = await fakeNode({ slug: 'dead', onRun: () => new Promise(() => {}) });
    await using other = await fakeNode({ slug: 'other' });
    await dead.join(plane.url);
    const ids = await createTask(plane.db);
    await waitFor(() => dead.runs.length === 1);
    await other.join(plane.url);
    const diedAt = performance.now();
    await dead.kill();
    await waitFor(() => other.runs.length === 1);
    expect(performance.now() - diedAt).toBeLessThan(ttlSeconds * 1000 + 2000);
    await jobIn(plane.db, ids, 'completed');
    await dead.restart();
    await waitFor(() => dead.acked.includes(ids.jobId));
    expect(dead.executed).toEqual([ids.jobId]);
  });
});

describe('a lease', () => {
  it('fences: a result under an old one is refused, and so are renewal, release and requeue', async () => {
    const { onRun, release } = held();
    await using node = await fakeNode({ slug: 'fence', onRun });
    await node.join(plane.url);
    const ids = await createTask(plane.db);
    await waitFor(() => node.runs.length === 1);
    const ends = postgresJobEnds(plane.db);
    const leases = postgresLeases(plane.db);
    const old = { ...ids, leaseId: crypto.randomUUID() };
    const end = failed('worker_error', 'late');
    const stored = await ends.complete([{ ...old, ...end, logs: [] }]);
    expect(stored.get(ids.jobId)).toBe('superseded');
    expect(await leases.renew([old])).toMatchObject({ lost: [ids.jobId], canceled: [] });
    expect(await leases.release(old, 'no')).toBeUndefined();
    expect(await leases.requeue(old, { delayMs: 0, reason: '', refusedBy: undefined })).toBe(false);
    expect(await readJob(plane.db, ids)).toMatchObject({ status: 'running', attempt: 1 });
    release();
    await jobIn(plane.db, ids, 'completed');
    const again = await ends.complete([{ ...old, ...end, logs: [] }]);
    expect(again.get(ids.jobId)).toBe('ended_before');
    expect((await readJob(plane.db, ids)).status).toBe('completed');
  });

  it('that was taken over makes its former holder let go without a word to the database', async () => {
    const { onRun, release } = held();
    await using node = await fakeNode({ slug: 'taken', onRun });
    await node.join(plane.url);
    const ids = await createTask(plane.db);
    await waitFor(() => node.runs.length === 1);
    const foreign = crypto.randomUUID();
    await sql`
      UPDATE jobs SET lease_id = ${foreign}::uuid, lease_expires_at = now() + interval '1 hour'
      WHERE id = ${ids.jobId}::uuid`.execute(plane.db);
    await waitFor(() => plane.log.text().includes('the lease of a job is gone'));
    release();
    await waitFor(() => node.kept.get(ids.jobId)?.result !== undefined);
    expect(await readJob(plane.db, ids)).toMatchObject({ status: 'running', lease_id: foreign });
    expect(node.acked).toEqual([]);
    // The new holder is gone as well: the lease runs out, and the result is taken without another run.
    await sql`UPDATE jobs SET lease_expires_at = now() WHERE id = ${ids.jobId}::uuid`.execute(
      plane.db,
    );
    expect(await jobIn(plane.db, ids, 'completed')).toMatchObject({ result: { stdout: 'late' } });
    expect(node.executed).toEqual([ids.jobId]);
    await waitFor(() => node.acked.includes(ids.jobId));
  });

  it('of a dispatcher that died between claim and send is taken up, and the job runs once', async () => {
    await using node = await fakeNode({ slug: 'unsent' });
    await node.join(plane.url);
    await plane.db.updateTable('nodes').set({ enabled: false }).execute();
    const ids = await createTask(plane.db);
    await sql`
      UPDATE tasks SET status = 'running' WHERE id = ${ids.taskId}::uuid`.execute(plane.db);
    await sql`
      UPDATE jobs SET status = 'running', lease_id = gen_random_uuid(), lease_expires_at = now(),
        attempt = 1, started_at = now(), node_id = (SELECT id FROM nodes WHERE node_slug = 'unsent')
      WHERE id = ${ids.jobId}::uuid`.execute(plane.db);
    await plane.db
      .updateTable('nodes')
      .set({ enabled: true })
      .where('node_slug', '=', 'unsent')
      .execute();
    expect(await jobIn(plane.db, ids, 'completed')).toMatchObject({ attempt: 2 });
    expect(node.asked).toContain(ids.jobId);
    expect(node.executed).toEqual([ids.jobId]);
  });

  it('ends for good after as many starts as are allowed, and what may still run is stopped', async () => {
    await setSetting(plane.db, 'dispatch.max_attempts', 1);
    await using node = await fakeNode({ slug: 'worn', onRun: () => new Promise(() => {}) });
    await node.join(plane.url);
    const ids = await createTask(plane.db);
    await waitFor(() => node.runs.length === 1);
    node.freeze();
    const job = await jobIn(plane.db, ids, 'failed');
    expect(job.result).toMatchObject({ error_type: 'attempts_exhausted' });
    expect(await readTask(plane.db, ids)).toMatchObject({ status: 'failed', closed: true });
    expect(await statusesOf(ids)).toEqual(['running', 'lease_expired', 'failed']);
    node.thaw();
    await waitFor(() => node.stops.length > 0);
  });
});

describe('a canceled job', () => {
  it('whose owner is gone is stopped on its node by whoever reaps', async () => {
    await using node = await fakeNode({ slug: 'orphan' });
    await node.join(plane.url);
    await plane.db.updateTable('nodes').set({ enabled: false }).execute();
    const ids = await createTask(plane.db);
    await cancelTask(plane.db, ids);
    await sql`
      UPDATE jobs SET lease_id = gen_random_uuid(), lease_expires_at = now() - interval '1 second',
        node_id = (SELECT id FROM nodes WHERE node_slug = 'orphan')
      WHERE id = ${ids.jobId}::uuid`.execute(plane.db);
    await waitFor(() => node.stops.length === 1);
    expect(node.stops[0]).toMatchObject({ job_id: ids.jobId });
    expect(await readJob(plane.db, ids)).toMatchObject({
      status: 'canceled',
      lease_expires_at: null,
    });
  });
});

describe('a silent node', () => {
  it('becomes inactive and gets nothing until it calls again', async () => {
    await using node = await fakeNode({ slug: 'quiet' });
    const session = await node.join(plane.url);
    const statusOf = async () => {
      const row = await plane.db
        .selectFrom('nodes')
        .select('status')
        .where('node_slug', '=', 'quiet')
        .executeTakeFirstOrThrow();
      return row.status;
    };
    await sql`
      UPDATE nodes SET last_seen_at = now() - interval '181 seconds' WHERE node_slug = 'quiet'
    `.execute(plane.db);
    const ids = await createTask(plane.db);
    await waitFor(async () => (await statusOf()) === 'inactive');
    await waitFor(
      async () =>
        (await readTask(plane.db, ids)).metadata?.['waiting_reason'] === 'no_dispatchable_node',
    );
    expect(node.runs).toEqual([]);
    await session.sendReport(node.report());
    await jobIn(plane.db, ids, 'completed');
    expect(await statusOf()).toBe('active');
  });

  it.each([
    ['disabled', { enabled: false }],
    ['drained', { status: 'drained' as const }],
    ['never acknowledged', { status: 'registered' as const, config_ack_status: null }],
    [
      'failed to apply its configuration',
      { status: 'inactive' as const, config_ack_status: 'failed' as const },
    ],
  ])('that is %s gets nothing, whatever it reports', async (_what, change) => {
    await using node = await fakeNode({ slug: 'barred' });
    const session = await node.join(plane.url);
    await plane.db.updateTable('nodes').set(change).where('node_slug', '=', 'barred').execute();
    await session.sendReport(node.report());
    const ids = await createTask(plane.db);
    await waitFor(
      async () =>
        (await readTask(plane.db, ids)).metadata?.['waiting_reason'] === 'no_dispatchable_node',
    );
    expect(node.runs).toEqual([]);
    await cancelTask(plane.db, ids);
  });
});
