import { fakeNode } from '@cynodeai/testing/doubles';
import { reservePort, waitFor } from '@cynodeai/testing';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import {
  controlPlaneEnv,
  runControlPlane,
  spawnControlPlane,
  testControlPlane,
} from './support/control-plane.ts';
import {
  cancelTask,
  createTask,
  jobIn,
  readJob,
  readTask,
  setLeaseTtl,
  type TaskIds,
} from './support/tasks.ts';

describe('two dispatchers on one queue', () => {
  it('send each of 200 jobs exactly once and leave each in one terminal state', async () => {
    await using plane = await testControlPlane();
    const port = await reservePort();
    const second = await runControlPlane({
      ...plane.env,
      CONTROL_PLANE_LISTEN_ADDR: `127.0.0.1:${port}`,
    });
    let running = 0;
    let most = 0;
    const onRun = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return {};
    };
    await using a = await fakeNode({ slug: 'a', maxConcurrency: 8, onRun });
    await using b = await fakeNode({ slug: 'b', maxConcurrency: 8, onRun });
    await a.join(plane.url);
    await b.join(`http://127.0.0.1:${port}`);
    const tasks = await Promise.all(Array.from({ length: 200 }, () => createTask(plane.db)));
    await waitFor(
      async () => {
        const { count } = await plane.db
          .selectFrom('tasks')
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .where('status', '=', 'completed')
          .executeTakeFirstOrThrow();
        return count === 200;
      },
      { what: '200 completed tasks' },
    );
    const sent = [...a.runs, ...b.runs].map((run) => run.job_id);
    expect(sent.toSorted()).toEqual(tasks.map((task) => task.jobId).toSorted());
    expect(a.runs.length).toBeGreaterThan(20);
    expect(b.runs.length).toBeGreaterThan(20);
    expect(most).toBeLessThanOrEqual(16);
    // A job's line is logged after its end was committed.
    const logged = (): number =>
      [plane.log, second.log]
        .flatMap((log) => log.lines)
        .filter((line) => line.message === 'a job ended').length;
    await waitFor(() => logged() >= 200, { what: 'the lines of 200 ended jobs' });
    expect(logged()).toBe(200);
    const jobs = await plane.db.selectFrom('jobs').select(['status', 'attempt']).execute();
    expect(jobs.every((job) => job.status === 'completed' && job.attempt === 1)).toBe(true);
    await second.stop();
  });
});

describe('a control-plane that dies', () => {
  it('between claim and answer leaves a running job, which the next one adopts: it is never sent twice', async () => {
    await using plane = await testControlPlane({ env: { DISPATCHER_ENABLED: 'false' } });
    await setLeaseTtl(plane.db, 2);
    const port = await reservePort();
    const env = {
      ...plane.env,
      DISPATCHER_ENABLED: 'true',
      ORCHESTRATOR_PUBLIC_URL: `http://127.0.0.1:${port}`,
      CONTROL_PLANE_LISTEN_ADDR: `127.0.0.1:${port}`,
    };
    const release = Promise.withResolvers<void>();
    await using node = await fakeNode({
      slug: 'n',
      onRun: async () => {
        await release.promise;
        return { stdout: 'once' };
      },
    });
    const child = await spawnControlPlane(env);
    await node.join(`http://127.0.0.1:${port}`);
    const ids = await createTask(plane.db);
    await waitFor(() => node.runs.length === 1);
    await child.stop('SIGKILL');
    const orphan = await readJob(plane.db, ids);
    expect(orphan.status).toBe('running');
    const leftMs = (orphan.lease_expires_at?.getTime() ?? 0) - Date.now();
    expect(leftMs).toBeLessThanOrEqual(2000);
    const next = await runControlPlane(env);
    await waitFor(async () => {
      const { status, lease_id: leaseId } = await readJob(plane.db, ids);
      return status === 'running' && leaseId !== orphan.lease_id;
    });
    await waitFor(() => node.asked.includes(ids.jobId));
    release.resolve();
    expect(await jobIn(plane.db, ids, 'completed')).toMatchObject({ result: { stdout: 'once' } });
    expect(await readTask(plane.db, ids)).toMatchObject({ status: 'completed', closed: true });
    expect(node.runs).toHaveLength(1);
    expect(node.executed).toEqual([ids.jobId]);
    await waitFor(() => node.acked.length === 1);
    await next.stop();
  });

  it('by kill -9 beside another, with 50 jobs in flight, loses none and runs none twice', async () => {
    await using plane = await testControlPlane({ env: { DISPATCHER_ENABLED: 'false' } });
    // Long enough for the survivor to renew 50 leases on a busy machine: a lost one would rightly run twice.
    await setLeaseTtl(plane.db, 8);
    const release = Promise.withResolvers<void>();
    const onRun = async () => {
      await release.promise;
      return {};
    };
    await using a = await fakeNode({ slug: 'a', maxConcurrency: 25, onRun });
    await using b = await fakeNode({ slug: 'b', maxConcurrency: 25, onRun });
    await a.join(plane.url);
    await b.join(plane.url);
    const start = async () => {
      const port = await reservePort();
      return spawnControlPlane({
        ...plane.env,
        DISPATCHER_ENABLED: 'true',
        ORCHESTRATOR_PUBLIC_URL: `http://127.0.0.1:${port}`,
        CONTROL_PLANE_LISTEN_ADDR: `127.0.0.1:${port}`,
      });
    };
    // Alone at first, so that all jobs are those of the one that dies.
    const victim = await start();
    const tasks = await Promise.all(Array.from({ length: 50 }, () => createTask(plane.db)));
    await waitFor(() => a.runs.length + b.runs.length === 50);
    const survivor = await start();
    await victim.stop('SIGKILL');
    const open = async () => {
      const { rows } = await sql<{ count: number }>`
        SELECT count(*) FROM jobs WHERE status = 'running' AND lease_expires_at > now()
      `.execute(plane.db);
      return rows[0]?.count;
    };
    await waitFor(async () => (await open()) !== 50);
    await waitFor(async () => (await open()) === 50);
    release.resolve();
    for (const ids of tasks) await jobIn(plane.db, ids, 'completed');
    const executed = [...a.executed, ...b.executed];
    expect(executed.toSorted()).toEqual(tasks.map((ids) => ids.jobId).toSorted());
    expect(a.runs.length + b.runs.length).toBe(50);
    await waitFor(() => a.kept.size + b.kept.size === 0);
    await survivor.stop('SIGTERM');
    expect(await survivor.ended).toBe(0);
  });

  it('in order leaves its jobs running, exits 0, and the next one takes them up at once', async () => {
    await using plane = await testControlPlane({ overrides: { drainMs: 200 } });
    const release = Promise.withResolvers<void>();
    await using node = await fakeNode({
      slug: 'n',
      onRun: async () => {
        await release.promise;
        return {};
      },
    });
    await node.join(plane.url);
    const ids = await createTask(plane.db);
    await waitFor(() => node.runs.length === 1);
    expect(await plane.stop()).toBe(true);
    expect(node.stops).toEqual([]);
    expect(node.stopAlls).toBe(0);
    const queued = await createTask(plane.db);
    expect((await readJob(plane.db, queued)).status).toBe('queued');
    const next = await runControlPlane(plane.env);
    await waitFor(async () => (await readJob(plane.db, ids)).attempt === 2);
    release.resolve();
    await jobIn(plane.db, ids, 'completed');
    await jobIn(plane.db, queued, 'completed');
    expect(node.executed).toEqual([ids.jobId, queued.jobId]);
    await next.stop();
  });

  it('orders its nodes to stop everything when told so, and only when nobody else has jobs there', async () => {
    const env = { STOP_NODES_ON_EXIT: 'true' };
    await using plane = await testControlPlane({ env, overrides: { drainMs: 200 } });
    await using node = await fakeNode({ slug: 'n', onRun: () => new Promise(() => {}) });
    await node.join(plane.url);
    const port = await reservePort();
    const second = await runControlPlane({
      ...plane.env,
      CONTROL_PLANE_LISTEN_ADDR: `127.0.0.1:${port}`,
    });
    await Promise.all(Array.from({ length: 4 }, () => createTask(plane.db)));
    await waitFor(() => node.runs.length === 4);
    const others = sql`
      UPDATE jobs SET lease_id = gen_random_uuid(), lease_expires_at = now() + interval '1 minute'
      WHERE id = (SELECT min(id::text)::uuid FROM jobs)`;
    await others.execute(plane.db);
    await second.stop();
    expect(node.stopAlls).toBe(0);
    expect(second.log.text()).toContain('another control-plane has jobs running');
    await sql`UPDATE jobs SET status = 'canceled', ended_at = now()`.execute(plane.db);
    expect(await plane.stop()).toBe(true);
    expect(node.stopAlls).toBe(1);
  });

  it('waits for answers under way when it is stopped', async () => {
    await using plane = await testControlPlane({ overrides: { drainMs: 10_000 } });
    const release = Promise.withResolvers<void>();
    await using node = await fakeNode({
      slug: 'n',
      onRun: async () => {
        await release.promise;
        return { stdout: 'kept' };
      },
    });
    await node.join(plane.url);
    const ids = await createTask(plane.db);
    await waitFor(() => node.runs.length === 1);
    const stopped = plane.stop();
    release.resolve();
    expect(await stopped).toBe(true);
    expect(await readJob(plane.db, ids)).toMatchObject({
      status: 'completed',
      result: { stdout: 'kept' },
    });
  });

  it('exits 0 on SIGTERM as a process', async () => {
    await using plane = await testControlPlane({ env: { DISPATCHER_ENABLED: 'false' } });
    const env = await controlPlaneEnv(plane.env['DATABASE_URL'] ?? '');
    const child = await spawnControlPlane(env);
    await child.stop('SIGTERM');
    expect(await child.ended).toBe(0);
  });
});

describe('cancels racing with claims and answers', () => {
  it('never deadlock, and a canceled task stays canceled', async () => {
    await using plane = await testControlPlane();
    await using node = await fakeNode({ slug: 'n', maxConcurrency: 16 });
    await node.join(plane.url);
    const tasks: TaskIds[] = [];
    const canceled: TaskIds[] = [];
    for (let index = 0; index < 60; index += 1) {
      const ids = await createTask(plane.db);
      tasks.push(ids);
      if (index % 2 === 0) {
        await cancelTask(plane.db, ids);
        if ((await readTask(plane.db, ids)).status === 'canceled') canceled.push(ids);
      }
    }
    await waitFor(async () => {
      const open = await plane.db
        .selectFrom('tasks')
        .select('id')
        .where('closed', '=', false)
        .execute();
      return open.length === 0;
    });
    for (const ids of canceled) {
      expect((await readTask(plane.db, ids)).status).toBe('canceled');
      expect((await readJob(plane.db, ids)).status).toBe('canceled');
    }
    expect(canceled.length).toBeGreaterThan(0);
    expect(plane.log.text()).not.toContain('deadlock');
  });
});
