import { waitFor } from '@cynodeai/testing';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  controlPlaneEnv,
  freePort,
  runControlPlane,
  testControlPlane,
} from './support/control-plane.ts';
import { fakeNode } from './support/fake-node.ts';
import { cancelTask, createTask, jobIn, readJob, readTask, type TaskIds } from './support/tasks.ts';

const entry = fileURLToPath(new URL('../../src/processes/main.ts', import.meta.url));

/** The role as a process of its own, serving. */
async function spawnControlPlane(env: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const child = spawn(process.execPath, [entry, 'control-plane'], {
    env: { PATH: '/usr/bin:/bin', ...env },
    stdio: 'ignore',
  });
  await waitFor(async () => (await fetch(`${env['ORCHESTRATOR_PUBLIC_URL']}/healthz`)).ok, {
    timeoutMs: 20_000,
    what: 'the spawned control-plane',
  });
  return child;
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

describe('two dispatchers on one queue', () => {
  it('send each of 200 jobs exactly once and leave each in one terminal state (hard part 6)', async () => {
    await using plane = await testControlPlane();
    const port = await freePort();
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
      { timeoutMs: 30_000, what: '200 completed tasks' },
    );
    const sent = [...a.runs, ...b.runs].map((run) => run.job_id);
    expect(sent.toSorted()).toEqual(tasks.map((task) => task.jobId).toSorted());
    expect(a.runs.length).toBeGreaterThan(20);
    expect(b.runs.length).toBeGreaterThan(20);
    expect(most).toBeLessThanOrEqual(16);
    const claims = [plane.log, second.log].map(
      (log) => log.lines.filter((line) => line.message === 'a job ended').length,
    );
    expect((claims[0] ?? 0) + (claims[1] ?? 0)).toBe(200);
    const jobs = await plane.db.selectFrom('jobs').select(['status', 'attempt']).execute();
    expect(jobs.every((job) => job.status === 'completed' && job.attempt === 1)).toBe(true);
    await second.stop();
  });
});

describe('a control-plane that dies', () => {
  it('between claim and answer leaves a running job, which fails after its lease and is never sent twice', async () => {
    await using plane = await testControlPlane({ env: { DISPATCHER_ENABLED: 'false' } });
    const port = await freePort();
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
        return {};
      },
    });
    const child = await spawnControlPlane(env);
    await node.join(`http://127.0.0.1:${port}`);
    const ids = await createTask(plane.db);
    await waitFor(() => node.runs.length === 1);
    await kill(child, 'SIGKILL');
    release.resolve();
    const orphan = await readJob(plane.db, ids);
    expect(orphan.status).toBe('running');
    const hour = (orphan.lease_expires_at?.getTime() ?? 0) - Date.now();
    expect(hour).toBeGreaterThan(4200 * 1000);
    const next = await runControlPlane(env);
    const fresh = await createTask(plane.db);
    await jobIn(plane.db, fresh, 'completed');
    expect((await readJob(plane.db, ids)).status).toBe('running');
    await plane.db
      .updateTable('jobs')
      .set({ lease_expires_at: new Date(Date.now() - 1) })
      .where('id', '=', ids.jobId)
      .execute();
    const job = await jobIn(plane.db, ids, 'failed');
    expect(job.result).toMatchObject({ error_type: 'orchestrator_restarted' });
    expect(await readTask(plane.db, ids)).toMatchObject({ status: 'failed', closed: true });
    expect(node.runs.filter((run) => run.job_id === ids.jobId)).toHaveLength(1);
    await next.stop();
  });

  it('in order stops its jobs on the nodes, exits 0, and the next one fails them at once', async () => {
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
    release.resolve();
    expect(node.stops).toMatchObject([{ job_id: ids.jobId }]);
    const queued = await createTask(plane.db);
    expect((await readJob(plane.db, queued)).status).toBe('queued');
    const next = await runControlPlane(plane.env);
    expect((await jobIn(plane.db, ids, 'failed')).result).toMatchObject({
      error_type: 'orchestrator_restarted',
    });
    await jobIn(plane.db, queued, 'completed');
    await next.stop();
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
    await kill(child, 'SIGTERM');
    expect(child.exitCode).toBe(0);
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
