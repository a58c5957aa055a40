import { waitToPass } from '@cynodeai/testing';
import { describe, expect, it, vi } from 'vitest';
import {
  endedAt,
  held,
  idOf,
  request,
  stage,
  startedAt,
  taskId,
  times,
} from '../../../test/support/job-stage.ts';
import type { SandboxEngine } from '../../ports/sandbox-engine.ts';
import { WorkerError } from '../../domain/errors.ts';

describe('running a job', () => {
  it("asks for one container with the full name of the image, the node's labels and its limits", async () => {
    const { jobs, specs } = stage();
    await jobs.run(request(0, { env: { A: '1', CYNODE_JOB_ID: 'x' }, timeout_seconds: 5000 }));
    expect(specs).toStrictEqual([
      {
        temporaryMb: 64,
        name: `cynode-sandbox-${idOf(0)}`,
        image: 'docker.io/library/bash:latest',
        command: ['true'],
        env: {
          HOME: '/workspace',
          A: '1',
          CYNODE_TASK_ID: taskId,
          CYNODE_JOB_ID: idOf(0),
          CYNODE_WORKSPACE_DIR: '/workspace',
          CYNODE_ARTIFACTS_DIR: '/job/artifacts',
        },
        labels: {
          'io.cynodeai.node_slug': 'n1',
          'io.cynodeai.kind': 'sandbox',
          'io.cynodeai.task_id': taskId,
          'io.cynodeai.job_id': idOf(0),
        },
        mounts: [
          { hostPath: `/m/${idOf(0)}/workspace`, containerPath: '/workspace', readOnly: false },
          { hostPath: `/m/${idOf(0)}/job`, containerPath: '/job', readOnly: false },
        ],
        workdir: '/workspace',
        timeoutSeconds: 100,
      },
    ]);
  });

  it('logs the names of dropped variables, never their values', async () => {
    const { jobs, lines } = stage();
    await jobs.run(request(0, { env: { CYNODE_JOB_ID: 'hush' } }));
    expect(lines).toStrictEqual(['reserved environment names of a job were ignored']);
  });

  it.each([
    { exit: { kind: 'exited', exitCode: 0 }, status: 'completed', exit_code: 0, stderr: 'err' },
    { exit: { kind: 'exited', exitCode: 9 }, status: 'failed', exit_code: 9, stderr: 'err' },
    {
      exit: { kind: 'not_started', exitCode: 127, reason: 'why' },
      status: 'failed',
      exit_code: 127,
      stdout: '',
      stderr: 'cynode: why\n',
    },
    {
      exit: { kind: 'stopped', exitCode: 137 },
      status: 'failed',
      exit_code: 137,
      stderr: 'err\ncynode: the job was canceled\n',
    },
    { exit: { kind: 'stopped', exitCode: 0 }, status: 'failed', exit_code: 143 },
    { exit: { kind: 'stopped', exitCode: undefined }, status: 'failed', exit_code: 143 },
  ] as const)('answers $status with $exit_code for $exit', async ({ exit, ...expected }) => {
    const { jobs } = stage({
      exit: { ...exit, ...times },
      output: { stdout: 'out', stderr: 'err' },
    });
    const result = await jobs.run(request());
    expect(result).toMatchObject({
      stdout: 'out',
      ...expected,
      started_at: startedAt.toISOString(),
      ended_at: endedAt.toISOString(),
    });
  });

  it('tells nothing an engine said about a start that was ended', async () => {
    const { jobs } = stage({
      exit: { kind: 'stopped', exitCode: undefined, neverRan: true, ...times },
      output: { stderr: 'Error: /var/lib/x is not running' },
    });
    expect(await jobs.run(request())).toMatchObject({
      exit_code: 143,
      stderr: 'cynode: the job was canceled\n',
    });
  });

  it.each(['memory_short', 'start_lost'] as const)(
    'tries a start with %s again, and tells nothing of the lost ones',
    async (code) => {
      let starts = 0;
      const { jobs, lines } = stage({
        run: async (_spec, sinks) => {
          starts += 1;
          sinks.stderr.write(Buffer.from(`words ${starts}`));
          if (starts < 3) throw new WorkerError(code, 'short');
          return { kind: 'exited', exitCode: 0, ...times };
        },
      });
      expect(await jobs.run(request())).toMatchObject({ status: 'completed', stderr: 'words 3' });
      expect(lines).toHaveLength(2);
    },
  );

  it.each(['memory_short', 'start_lost'] as const)(
    'gives up a start with %s again and again, so that it may be sent elsewhere',
    async (code) => {
      const run = vi.fn(async () => {
        throw new WorkerError(code, 'short');
      });
      const sleep = vi.fn(async () => {});
      const { jobs, store } = stage({
        run,
        timer: { sleep, elapsedMs: () => 0, random: () => 0.5 },
      });
      await expect(jobs.run(request())).rejects.toMatchObject({ code });
      expect(run).toHaveBeenCalledTimes(8);
      expect(sleep.mock.calls.map(([ms]: readonly unknown[]) => ms)).toStrictEqual([
        200, 400, 800, 1600, 3200, 6400, 10_000,
      ]);
      expect(store.find(idOf(0))).toBeUndefined();
    },
  );

  it('that waits to start anew ends at once when it is stopped', async () => {
    const short = Promise.withResolvers<void>();
    const { jobs } = stage({
      run: async () => {
        short.resolve();
        throw new WorkerError('memory_short', 'short');
      },
    });
    const ended = jobs.run(request());
    await short.promise;
    jobs.stop(idOf(0), 5);
    expect(await ended).toMatchObject({ status: 'failed', exit_code: 143 });
  });

  it('answers a timeout with partial output and without an exit code (REQ-WORKER-0144)', async () => {
    const { jobs } = stage({ exit: { kind: 'timed_out', ...times }, output: { stdout: 'part' } });
    const result = await jobs.run({ ...request(), lease_id: idOf(9) });
    expect(result).toMatchObject({ status: 'timeout', stdout: 'part', lease_id: idOf(9) });
    expect(result).not.toHaveProperty('exit_code');
  });

  it('answers 125 when the image is not there, and keeps no directory', async () => {
    const ensureImage = async (): Promise<void> => {
      throw new WorkerError('image_unavailable', 'no such image');
    };
    const { jobs, removed } = stage({ ensureImage });
    expect(await jobs.run(request(0, { image: 'bash:5' }))).toMatchObject({
      status: 'failed',
      exit_code: 125,
      stderr: 'cynode: no such image\n',
    });
    await waitToPass(() => expect(removed).toStrictEqual([idOf(0)]));
  });

  it('takes the default image, and needs one or the other', async () => {
    const plain = { ...request(), sandbox: { command: ['true'] } };
    const { jobs, specs } = stage({ limits: { defaultImage: 'localhost/a:1' } });
    await jobs.run(plain);
    expect(specs[0]?.image).toBe('localhost/a:1');
    await expect(stage().jobs.run(plain)).rejects.toMatchObject({ code: 'validation' });
  });

  it.each([
    [{ sandboxEnabled: false }, {}, 'node_policy_refused'],
    [{ allowedImages: ['bash:5'] }, {}, 'node_policy_refused'],
    [{}, { image: '--privileged' }, 'validation'],
    [{}, { use_inference: true }, 'inference_unavailable'],
    [{ maxConcurrency: 0 }, {}, 'node_at_capacity'],
  ] as const)(
    'refuses with limits %j a sandbox of %j: %s (REQ-WORKER-0122)',
    async (limits, sandbox, code) => {
      const { jobs, removed } = stage({ limits });
      await expect(jobs.run(request(0, sandbox))).rejects.toMatchObject({ code });
      expect(removed).toStrictEqual([]);
      expect(jobs.running).toBe(0);
    },
  );

  it('refuses a job with a model for good where no sandbox can be given a way to one, and no other', async () => {
    const { jobs } = stage({ wayObstacle: 'no /var/lib/x to join', inference: () => true });
    await expect(jobs.run(request(0, { use_inference: true }))).rejects.toMatchObject({
      code: 'node_policy_refused',
      message: expect.not.stringContaining('/var/lib'),
    });
    expect(await jobs.run(request(1))).toMatchObject({ status: 'completed' });
  });

  it('asks for inference last, after policy, capacity and duplicate (REQ-WORKER-0114)', async () => {
    const { run, end } = held();
    const { jobs } = stage({ run, limits: { maxConcurrency: 1, allowedImages: ['bash'] } });
    const refused = async (index: number, sandbox: object) =>
      jobs.run(request(index, { use_inference: true, ...sandbox })).catch((error) => error.code);
    expect(await refused(0, { image: 'other' })).toBe('node_policy_refused');
    const first = jobs.run(request(0));
    expect(await refused(1, {})).toBe('node_at_capacity');
    end({ kind: 'exited', exitCode: 0, ...times });
    await first;
    expect(await refused(0, {})).toBe('job_conflict');
    expect(await refused(1, {})).toBe('inference_unavailable');
  });

  it('runs a job with inference in a network of its own, which is closed whatever happens', async () => {
    const closed: string[] = [];
    const openNetwork: SandboxEngine['openNetwork'] = async (owner) => ({
      mode: 'own',
      close: async () => void closed.push(owner.labels['io.cynodeai.kind'] ?? ''),
    });
    const good = stage({ openNetwork, inference: () => true });
    await good.jobs.run(request(0, { use_inference: true }));
    await good.jobs.run(request(1));
    expect(good.specs.map((spec) => spec.network?.mode)).toStrictEqual(['own', undefined]);
    expect(good.specs[0]?.env['OLLAMA_BASE_URL']).toBe('http://localhost:11434');
    const run = async (): Promise<never> => {
      throw new Error('the engine broke');
    };
    const bad = stage({ openNetwork, run, inference: () => true });
    await expect(bad.jobs.run(request(0, { use_inference: true }))).rejects.toThrow();
    expect(closed).toStrictEqual(['inference-proxy', 'inference-proxy']);
  });

  it('never runs a job with inference without its network, and may be sent it again', async () => {
    let fault: WorkerError | undefined = new WorkerError('inference_unavailable', 'no network', {
      cause: new Error('no helper'),
    });
    const openNetwork: SandboxEngine['openNetwork'] = async () => {
      if (fault !== undefined) throw fault;
      return { mode: 'own', close: async () => {} };
    };
    const { jobs, specs, lines, store } = stage({ openNetwork, inference: () => true });
    const wanted = request(0, { use_inference: true });
    await expect(jobs.run(wanted)).rejects.toMatchObject({ code: 'inference_unavailable' });
    expect(specs).toStrictEqual([]);
    expect(lines).toStrictEqual(['a sandbox has no way to the model']);
    expect(store.find(wanted.job_id)).toBeUndefined();
    fault = undefined;
    expect(await jobs.run(wanted)).toMatchObject({ status: 'completed' });
  });

  it('counts and refuses by what runs now', async () => {
    const { run, end } = held();
    const { jobs } = stage({ run });
    const first = jobs.run(request(0));
    await expect(jobs.run(request(0))).rejects.toMatchObject({ code: 'job_conflict' });
    const second = jobs.run(request(1));
    await expect(jobs.run(request(2))).rejects.toMatchObject({
      code: 'node_at_capacity',
      retryAfterSeconds: 2,
    });
    expect(jobs.running).toBe(2);
    end({ kind: 'exited', exitCode: 0, ...times });
    await Promise.all([first, second]);
    expect(jobs.running).toBe(0);
    await expect(jobs.run(request(0))).rejects.toMatchObject({ code: 'job_conflict' });
    jobs.acknowledge(request(0));
    await jobs.run(request(0));
  });

  it('turns faults of the node into one code and removes the directory', async () => {
    const fault = new WorkerError('workspace_unusable', 'disk full at /secret/path');
    const create = async (): Promise<never> => {
      throw fault;
    };
    const { jobs, removed } = stage({ create });
    await expect(jobs.run(request())).rejects.toMatchObject({
      code: 'internal',
      message: 'the node could not run the job',
      cause: fault,
    });
    await waitToPass(() => expect(removed).toStrictEqual([idOf(0)]));
    expect(jobs.running).toBe(0);
  });

  it('leaves the directory of a conflict alone', async () => {
    const create = async (): Promise<never> => {
      throw new WorkerError('job_conflict', 'exists');
    };
    const { jobs, removed } = stage({ create });
    await expect(jobs.run(request())).rejects.toMatchObject({ code: 'job_conflict' });
    expect(removed).toStrictEqual([]);
  });

  it('gives the id free even when the directory cannot be removed', async () => {
    const remove = async (): Promise<void> => {
      throw new Error('busy');
    };
    const { jobs, lines } = stage({ remove });
    await jobs.run(request());
    jobs.acknowledge(request());
    await jobs.run(request());
    await waitToPass(() =>
      expect(lines).toStrictEqual([
        'job directory could not be removed',
        'job directory could not be removed',
      ]),
    );
  });
});

describe('ending jobs', () => {
  it('stops a running container and knows nothing of others', async () => {
    const { run, end } = held();
    const { jobs, stops } = stage({ run });
    const running = jobs.run(request());
    await Promise.resolve();
    await new Promise(setImmediate);
    expect(jobs.stop(idOf(0), 7)).toBe('stopping');
    expect(jobs.stop(idOf(1), 7)).toBe('not_running');
    expect(stops).toStrictEqual([[`cynode-sandbox-${idOf(0)}`, 7]]);
    end({ kind: 'stopped', exitCode: 143, ...times });
    expect(await running).toMatchObject({ status: 'failed' });
    expect(jobs.stop(idOf(0), 7)).toBe('not_running');
  });

  it('a job stopped before its container never gets one', async () => {
    const gate = Promise.withResolvers<void>();
    const { jobs, specs } = stage({ ensureImage: () => gate.promise });
    const running = jobs.run(request());
    expect(jobs.stop(idOf(0), 7)).toBe('stopping');
    gate.resolve();
    expect(await running).toMatchObject({
      status: 'failed',
      exit_code: 143,
      stderr: 'cynode: the job was canceled\n',
    });
    expect(specs).toStrictEqual([]);
  });

  it('a shutdown names what it stopped and what resisted, and turns new jobs away', async () => {
    const { run, end } = held();
    const stop = async (name: string): Promise<void> => {
      end({ kind: 'stopped', exitCode: 143, ...times });
      if (name.endsWith('1')) throw new WorkerError('container_resists', 'still there');
    };
    const { jobs, stops, removed } = stage({ run, stop });
    const running = [jobs.run(request(0)), jobs.run(request(1))];
    const settled = Promise.allSettled(running);
    await new Promise(setImmediate);
    const outcome = await jobs.shutdown(3000);
    expect(outcome).toStrictEqual({
      stopped: [`cynode-sandbox-${idOf(0)}`],
      resisted: [`cynode-sandbox-${idOf(1)}`],
    });
    expect(stops.map(([, grace]) => grace)).toStrictEqual([3, 3]);
    expect(
      (await settled).map((entry) => entry.status === 'rejected' && entry.reason.code),
    ).toStrictEqual(['node_shutting_down', 'node_shutting_down']);
    expect(removed.toSorted()).toStrictEqual([idOf(0), idOf(1)]);
    await expect(jobs.run(request(2))).rejects.toMatchObject({ code: 'node_shutting_down' });
  });

  it('a shutdown does not wait for ever', async () => {
    vi.useFakeTimers();
    try {
      const { jobs } = stage({
        run: () => new Promise(() => {}),
        stop: () => new Promise(() => {}),
      });
      void jobs.run(request());
      await vi.advanceTimersByTimeAsync(0);
      const closing = jobs.shutdown(1000);
      await vi.advanceTimersByTimeAsync(6000);
      expect(await closing).toMatchObject({ stopped: [], resisted: [`cynode-sandbox-${idOf(0)}`] });
    } finally {
      vi.useRealTimers();
    }
  });

  it('a job that ends by itself during a shutdown keeps its result', async () => {
    const { run, end } = held();
    const { jobs } = stage({
      run,
      stop: async () => end({ kind: 'exited', exitCode: 3, ...times }),
    });
    const running = jobs.run(request());
    await new Promise(setImmediate);
    await jobs.shutdown(0);
    expect(await running).toMatchObject({ status: 'failed', exit_code: 3 });
  });
});
