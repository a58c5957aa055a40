import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { access } from 'node:fs/promises';
import { jobRequest } from '../support/job-request.ts';
import { containerNames, leftovers, processesNaming, untilClean } from '../support/leftovers.ts';
import { engines, type TestEngine, type TestNode } from '../support/test-engine.ts';

describe.each(engines)('$name', ({ open }) => {
  let test: TestEngine;
  let node: TestNode;

  beforeAll(async () => {
    test = await open();
    node = await test.node('node-stop');
  });

  afterAll(() => test.close());

  /** Ignores SIGTERM and leaves sleepers that do, in sessions of their own. */
  const stubborn =
    "trap '' TERM; for i in 1 2 3; do (trap '' TERM; sleep 1000) & done; touch /workspace/up; while :; do sleep 1; done";

  async function untilUp(jobId: string): Promise<void> {
    await waitFor(
      () =>
        access(`${node.mountRoot}/${jobId}/workspace/up`).then(
          () => true,
          () => undefined,
        ),
      { what: 'the job runs' },
    );
  }

  describe('the end of a job from outside', () => {
    it('a job that ignores SIGTERM and forks sleepers times out and leaves nothing (REQ-WORKER-0144)', async () => {
      const request = jobRequest(`echo partial; ${stubborn}`, { timeout_seconds: 1 });
      const start = Date.now();
      const result = await node.jobs.run(request);
      expect(Date.now() - start).toBeLessThan(11_000);
      expect(result).toMatchObject({ status: 'timeout', stdout: 'partial\n' });
      expect(result).not.toHaveProperty('exit_code');
      expect(await containerNames(test)).toStrictEqual([]);
      expect(await processesNaming(request.job_id)).toStrictEqual([]);
      await untilClean(test);
    });

    it('a job that listens to SIGTERM ends at its limit without the grace', async () => {
      const request = jobRequest('sleep 1000', { timeout_seconds: 1 });
      const start = Date.now();
      expect(await node.jobs.run(request)).toMatchObject({ status: 'timeout' });
      expect(Date.now() - start).toBeLessThan(5000);
    });

    it('a stopped job fails with the reason, after SIGTERM', async () => {
      const script =
        "trap 'echo bye; exit 0' TERM; touch /workspace/up; while :; do sleep 0.05; done";
      const request = jobRequest(script);
      const running = node.jobs.run(request);
      await untilUp(request.job_id);
      expect(node.jobs.stop(request.job_id, 20)).toBe('stopping');
      expect(await running).toMatchObject({
        status: 'failed',
        exit_code: 143,
        stdout: 'bye\n',
        stderr: 'cynode: the job was canceled\n',
      });
      expect(node.jobs.stop(request.job_id, 20)).toBe('not_running');
    });

    it('a stubborn job is killed after its grace', async () => {
      const request = jobRequest(stubborn);
      const running = node.jobs.run(request);
      await untilUp(request.job_id);
      const start = Date.now();
      node.jobs.stop(request.job_id, 1);
      expect(await running).toMatchObject({ status: 'failed', exit_code: 137 });
      expect(Date.now() - start).toBeGreaterThan(900);
      expect(Date.now() - start).toBeLessThan(6000);
    });

    it('a stop at any moment of the start leaves nothing and never a completed job that was not', async () => {
      const moments = [0, 5, 20, ...Array.from({ length: 20 }, (_, index) => 40 + 10 * index)];
      for (const delayMs of moments) {
        const request = jobRequest('sleep 1000');
        const running = node.jobs.run(request);
        const { promise, resolve } = Promise.withResolvers<void>();
        setTimeout(() => {
          node.jobs.stop(request.job_id, 5);
          resolve();
        }, delayMs);
        await promise;
        const result = await running;
        // Nothing of the engine's, wherever it was.
        expect(result).toMatchObject({
          status: 'failed',
          exit_code: 143,
          stdout: '',
          stderr: 'cynode: the job was canceled\n',
        });
      }
      await untilClean(test);
    });

    it('a stop after the end finds nothing to stop', async () => {
      const request = jobRequest('true');
      expect(await node.jobs.run(request)).toMatchObject({ status: 'completed' });
      expect(node.jobs.stop(request.job_id, 5)).toBe('not_running');
      expect(node.jobs.stop('01a1f8bb-0000-7000-8000-00000000ffff', 5)).toBe('not_running');
    });

    it('a shutdown ends every job within its grace and names them', async () => {
      const other = await test.node('node-closing');
      const requests = [
        jobRequest('sleep 1000'),
        jobRequest("trap '' TERM; while :; do sleep 1; done"),
      ];
      const outcomes = requests.map((request) =>
        other.jobs.run(request).catch((error: unknown) => error),
      );
      await waitFor(async () => (await containerNames(test)).length === 2, {
        what: 'both jobs run',
      });
      const start = Date.now();
      const { stopped, resisted } = await other.jobs.shutdown(1000);
      expect(Date.now() - start).toBeLessThan(6000);
      expect(resisted).toStrictEqual([]);
      expect(stopped.toSorted()).toStrictEqual(
        requests.map((request) => `cynode-sandbox-${request.job_id}`).toSorted(),
      );
      for (const outcome of outcomes) {
        expect(await outcome).toMatchObject({ code: 'node_shutting_down' });
      }
      await expect(other.jobs.run(jobRequest('true'))).rejects.toMatchObject({
        code: 'node_shutting_down',
      });
      await untilClean(test);
      expect(await leftovers(test)).toStrictEqual([]);
    });
  });
});
