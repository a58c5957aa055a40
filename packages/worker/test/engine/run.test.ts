import { waitFor } from '@cynodeai/testing';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunJobResult } from '@cynodeai/contracts/common';
import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import { jobRequest } from '../support/job-request.ts';
import { containerNames } from '../support/leftovers.ts';
import { engines, type TestEngine, type TestNode } from '../support/test-engine.ts';

describe.each(engines)('$name', ({ open }) => {
  let test: TestEngine;
  let node: TestNode;

  beforeAll(async () => {
    test = await open();
    node = await test.node('node-a');
  });

  afterAll(() => test.close());

  async function run(request: RunJobRequest): Promise<RunJobResult> {
    return node.jobs.run(request);
  }

  function base64(text: string): string {
    return Buffer.from(text).toString('base64');
  }

  describe('a job in a sandbox', () => {
    it('gives back both streams and the exit code (REQ-WORKER-0143)', async () => {
      const lease = '01a1f8bb-0000-7000-8000-000000000001';
      const request = { ...jobRequest('echo out; echo err >&2; exit 42'), lease_id: lease };
      const result = await run(request);
      expect(result).toMatchObject({
        version: 1,
        task_id: request.task_id,
        job_id: request.job_id,
        lease_id: lease,
        status: 'failed',
        exit_code: 42,
        stdout: 'out\n',
        stderr: 'err\n',
        truncated: { stdout: false, stderr: false },
      });
    });

    it('is completed by exit code 0 and passes arguments without a shell', async () => {
      const command = ['env', 'A=$(id)', 'sh', '-c', 'echo "$A" "$0"', '--privileged'];
      const result = await run(jobRequest(command));
      expect(result).toMatchObject({
        status: 'completed',
        exit_code: 0,
        stdout: '$(id) --privileged\n',
      });
    });

    it('reports the times of the run, not of its preparation', async () => {
      const before = Date.now();
      const result = await run(jobRequest('sleep 1'));
      const started = Date.parse(result.started_at);
      const ended = Date.parse(result.ended_at);
      expect(started).toBeGreaterThanOrEqual(before);
      expect(ended - started).toBeGreaterThanOrEqual(950);
      expect(ended).toBeLessThanOrEqual(Date.now());
    });

    it.each([
      {
        command: ['nope'],
        exit_code: 127,
        stderr: 'cynode: the command was not found in the image\n',
      },
      { command: ['/etc'], exit_code: 126, stderr: 'cynode: the command cannot be executed\n' },
    ])('fails with $exit_code when the command is $command', async ({ command, ...expected }) => {
      expect(await run(jobRequest(command))).toMatchObject({
        status: 'failed',
        stdout: '',
        ...expected,
      });
    });

    it('fails with 125 and a short reason when the image is not there, and never asks a registry for a local one', async () => {
      const result = await run(jobRequest('true', { image: 'localhost/none' }));
      expect(result).toMatchObject({ status: 'failed', exit_code: 125, stdout: '' });
      expect(result.stderr).toBe(
        'cynode: image localhost/none:latest is not present on this node and names no registry\n',
      );
    });

    it('leaves exit codes 125 to 127 of a command alone', async () => {
      for (const code of [125, 126, 127]) {
        const result = await run(jobRequest(`echo mine >&2; exit ${code}`));
        expect(result).toMatchObject({ exit_code: code, stderr: 'mine\n' });
      }
    });

    it('has a closed standard input and no terminal', async () => {
      const result = await run(
        jobRequest('cat; readlink /proc/self/fd/0; test -t 1 || echo no tty'),
      );
      expect(result.stdout).toBe('/dev/null\nno tty\n');
    });

    it('starts in a writable workspace with its input files in place (REQ-SANDBX-0108)', async () => {
      const script =
        'pwd; cat upload/a.txt; stat -c %a upload/a.txt run.sh ro; ./run.sh; echo x > new && cat new; ls -A /job /job/artifacts; touch /job/artifacts/r && echo ok';
      const result = await run(
        jobRequest(script, {
          input_files: [
            { path: 'upload/a.txt', content_base64: base64('hello\n') },
            { path: 'run.sh', content_base64: base64('#!/bin/sh\necho ran\n'), mode: '0755' },
            { path: 'ro', content_base64: '', mode: '0444' },
          ],
        }),
      );
      expect(result.stderr).toBe('');
      expect(result.stdout).toBe(
        '/workspace\nhello\n644\n755\n444\nran\nx\n/job:\nartifacts\n\n/job/artifacts:\nok\n',
      );
    });

    it('loses its container before it is answered and its directory soon after (REQ-SANDBX-0110)', async () => {
      await node.jobs.run(jobRequest('echo x > f'));
      expect(await containerNames(test)).toStrictEqual([]);
      await waitFor(async () => (await readdir(node.mountRoot)).length === 0, {
        what: 'the directory is gone',
      });
    });

    it('reaps orphans and passes signals: the first process is an init', async () => {
      const script = '(sleep 0.2 & ); sleep 0.5; ps -e -o stat= | grep -c Z; cat /proc/1/comm';
      const result = await run(jobRequest(script));
      expect(result.stdout.split('\n')[0]).toBe('0');
    });

    it('refuses a job beyond the capacity and says when to ask again', async () => {
      const small = await test.node('node-small', { maxConcurrency: 1 });
      const first = jobRequest('sleep 30');
      const running = small.jobs.run(first);
      await expect(small.jobs.run(jobRequest('true'))).rejects.toMatchObject({
        code: 'node_at_capacity',
        retryAfterSeconds: expect.any(Number),
      });
      small.jobs.stop(first.job_id, 0);
      expect(await running).toMatchObject({ status: 'failed' });
    });

    it('runs an id again only when its result is acknowledged (REQ-WORKER-0149)', async () => {
      const request = jobRequest('sleep 0.3');
      const running = node.jobs.run(request);
      await expect(node.jobs.run(request)).rejects.toMatchObject({ code: 'job_conflict' });
      expect(await running).toMatchObject({ status: 'completed' });
      await expect(node.jobs.run(request)).rejects.toMatchObject({ code: 'job_conflict' });
      node.jobs.acknowledge(request);
      expect(await run(request)).toMatchObject({ status: 'completed' });
    });
  });
});
