import { beforeAll, describe, expect, it } from 'vitest';
import { at } from '@cynodeai/runtime/std';
import { type Caller, type Drive, type GatewayDriver, expectProblem } from './driver.ts';

const end = { stdout: 'out\n', stderr: 'err\n', exitCode: 0 };

/** What becomes of tasks: results, logs and cancels. See docs/reference/tasks-and-jobs.md#results. */
export function testEnds(drive: Drive): void {
  let driver: GatewayDriver;
  let who: Caller;
  beforeAll(async () => {
    driver = drive();
    who = await driver.newCaller();
  });
  const result = (id: string, query = '') => driver.get(who, `/v1/tasks/${id}/result${query}`);
  const logs = (id: string, query = '') => driver.get(who, `/v1/tasks/${id}/logs${query}`);

  describe('a result', () => {
    it('before the end is 200 and tells the state alone, queued and running', async () => {
      const { id, task_name } = await driver.create(who);
      const head = { task_id: id, task_name };
      const queued = await result(id);
      expect([queued.status, queued.body]).toEqual([
        200,
        { ...head, status: 'queued', jobs: [{ id: expect.any(String), status: 'queued' }] },
      ]);
      await driver.gateway.startJob(id);
      const running = await result(task_name);
      expect([running.status, running.body]).toEqual([
        200,
        {
          ...head,
          status: 'running',
          jobs: [{ id: expect.any(String), status: 'running', started_at: expect.any(String) }],
        },
      ]);
    });

    it.each([
      [0, 'completed'],
      [3, 'failed'],
    ])('of a job that ended with %i is %s and has all of it', async (exitCode, status) => {
      const { id } = await driver.ended(who, { ...end, exitCode });
      const { body } = await result(id);
      const outcome = { stdout: 'out\n', stderr: 'err\n', exit_code: exitCode };
      expect(body).toMatchObject({ task_id: id, status, ...outcome });
      expect(body['jobs']).toMatchObject([
        {
          status,
          started_at: expect.any(String),
          ended_at: expect.any(String),
          result: {
            version: 1,
            task_id: id,
            truncated: { stdout: false, stderr: false },
            ...outcome,
          },
        },
      ]);
      expect(JSON.stringify(body)).not.toContain('lease');
      const course = {
        started_at: expect.any(String),
        ended_at: expect.any(String),
        exit_code: exitCode,
      };
      expect((await driver.get(who, `/v1/tasks/${id}`)).body).toMatchObject({ status, ...course });
      const list = await driver.get(who, `/v1/tasks?status=${status}`);
      expect(at(list.body, 'tasks', 0)).toMatchObject({ task_id: id, ...course });
    });

    it('is held while the task goes on, and comes with the end', async () => {
      const { id } = await driver.create(who, { input_mode: 'commands', prompt: 'run' });
      const held = result(id, '?wait=60');
      await driver.gateway.startJob(id);
      await driver.gateway.endJob(id, end);
      expect((await held).body).toMatchObject({ status: 'completed', exit_code: 0 });
    });

    it('comes as it is when the wait is over, and at once when the task has ended', async () => {
      const { id } = await driver.create(who);
      const asked = performance.now();
      expect((await result(id, '?wait=1')).body).toMatchObject({ status: 'queued' });
      expect(performance.now() - asked).toBeGreaterThanOrEqual(990);
      await driver.cancel(who, id);
      expect((await result(id, '?wait=60')).body).toMatchObject({ status: 'canceled' });
    });

    it.each(['61', '-1', '1.5', 'x', ''])('refuses to wait for %j', async (wait) => {
      const { id } = await driver.create(who);
      expectProblem(await result(id, `?wait=${wait}`), 400, 'validation', 'wait');
    });
  });

  describe('the logs', () => {
    it('are the streams asked for, and empty while nothing is stored', async () => {
      const task = await driver.create(who);
      expect((await logs(task.id)).body).toEqual({
        task_id: task.id,
        task_name: task.task_name,
        status: 'queued',
        stream: 'all',
        stdout: '',
        stderr: '',
        truncated: { stdout: false, stderr: false },
      });
      const { id } = await driver.ended(who, end);
      const head = { task_id: id, status: 'completed' };
      expect((await logs(id)).body).toMatchObject({
        ...head,
        stream: 'all',
        stdout: 'out\n',
        stderr: 'err\n',
      });
      const stdout = (await logs(id, '?stream=stdout')).body;
      expect(stdout).toMatchObject({ ...head, stream: 'stdout', stdout: 'out\n' });
      expect(stdout).not.toHaveProperty('stderr');
      const stderr = (await logs(id, '?stream=stderr')).body;
      expect(stderr).toMatchObject({ ...head, stream: 'stderr', stderr: 'err\n' });
      expect(stderr).not.toHaveProperty('stdout');
    });

    it('have no other streams', async () => {
      const { id } = await driver.create(who);
      expectProblem(await logs(id, '?stream=stdin'), 400, 'validation', 'stream');
    });
  });

  describe('a cancel', () => {
    it('ends a task for good, and may be repeated', async () => {
      const { id, task_name } = await driver.create(who);
      for (const reference of [task_name, id, id]) {
        const { status, body } = await driver.cancel(who, reference);
        expect([status, body]).toEqual([200, { task_id: id, task_name, canceled: true }]);
      }
      expect((await result(id)).body).toMatchObject({
        status: 'canceled',
        stdout: '',
        stderr: '',
        jobs: [{ status: 'canceled', ended_at: expect.any(String) }],
      });
    });

    it('holds against the result of a job that was under way, which is kept', async () => {
      const { id } = await driver.create(who, { input_mode: 'commands', prompt: 'run' });
      await driver.gateway.startJob(id);
      expect((await driver.cancel(who, id)).status).toBe(200);
      await driver.gateway.endJob(id, { ...end, stdout: 'late' });
      expect((await result(id)).body).toMatchObject({
        status: 'canceled',
        jobs: [{ status: 'canceled', result: { stdout: 'late' } }],
      });
    });

    it('wakes whoever waits for the result', async () => {
      const { id } = await driver.create(who);
      const held = result(id, '?wait=60');
      await driver.cancel(who, id);
      expect((await held).body).toMatchObject({ status: 'canceled' });
    });

    it.each([0, 1])(
      'of a task that ended with %i is refused and changes nothing',
      async (exitCode) => {
        const { id } = await driver.ended(who, { exitCode });
        const before = (await result(id)).body;
        expectProblem(await driver.cancel(who, id), 409, 'conflict');
        expect((await result(id)).body).toEqual(before);
      },
    );

    it('takes an empty object or nothing as its body', async () => {
      const { id } = await driver.create(who);
      expectProblem(await driver.cancel(who, id, { force: true }), 400, 'validation', 'force');
      expect((await driver.get(who, `/v1/tasks/${id}`)).body).toMatchObject({ status: 'queued' });
      expect((await driver.cancel(who, id, {})).status).toBe(200);
    });
  });

  describe('a deletion', () => {
    it.each([0, 1])('removes a task that ended with %i for good', async (exitCode) => {
      const { id, task_name } = await driver.ended(who, { ...end, exitCode });
      const answer = await driver.delete(who, task_name.toUpperCase());
      expect([answer.status, answer.body]).toEqual([
        200,
        { task_id: id, task_name, deleted: true },
      ]);
      for (const path of ['', '/result', '/logs', '/artifacts', '/events']) {
        expectProblem(await driver.get(who, `/v1/tasks/${id}${path}`), 404, 'not_found');
      }
      expectProblem(await driver.delete(who, id), 404, 'not_found');
      expect((await driver.list(who)).tasks.map((task) => task.id)).not.toContain(id);
      // Its name is free.
      const next = await driver.create(who, { prompt: 'x', name: task_name });
      expect(next.task_name).toBe(task_name);
    });

    it('is refused while the task goes on, with the next command, and changes nothing', async () => {
      const task = await driver.create(who, { input_mode: 'commands', prompt: 'run' });
      const refused = await driver.delete(who, task.id);
      expectProblem(refused, 409, 'conflict');
      expect(refused.text).toContain(`cynork task cancel ${task.task_name}`);
      await driver.gateway.startJob(task.id);
      expectProblem(await driver.delete(who, task.id), 409, 'conflict');
      await driver.cancel(who, task.id);
      // The node was not heard of yet.
      expectProblem(await driver.delete(who, task.id), 409, 'conflict');
      expect((await result(task.id)).body).toMatchObject({ status: 'canceled' });
      await driver.gateway.endJob(task.id, end);
      expect((await driver.delete(who, task.id)).status).toBe(200);
    });

    it('of a task that waited and was canceled is done at once', async () => {
      const { id } = await driver.create(who);
      await driver.cancel(who, id);
      expect((await driver.delete(who, id)).status).toBe(200);
    });
  });
}
