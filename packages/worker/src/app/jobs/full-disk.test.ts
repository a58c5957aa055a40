import { silentLog } from '@cynodeai/runtime/observe';
import { describe, expect, it, vi } from 'vitest';
import { request, stage, startedAt, times } from '../../../test/support/job-stage.ts';
import { diskFull, isDiskFull, WorkerError } from '../../domain/errors.ts';
import { acceptJob } from './accept-job.ts';
import { faultResult } from './job-result.ts';
import { storeResult } from './store-result.ts';

const full = (): Error => new Error('database or disk is full');
const result = faultResult({ taskId: 't', jobId: 'j' }, 'x', startedAt, startedAt);

/** Everything a result is stored with; the store fails as often as told. */
function storing(failures: number, fault = full()) {
  const asked: string[] = [];
  let left = failures;
  const deps = {
    store: {
      finish: async () => {
        asked.push('finish');
        left -= 1;
        if (left >= 0) throw fault;
      },
    },
    disk: { makeRoom: () => void asked.push('room') },
    clock: { now: () => startedAt },
    timer: { sleep: async () => void asked.push('pause'), elapsedMs: () => 0, random: () => 0 },
    log: silentLog,
  };
  const clear = async (): Promise<void> => void asked.push('remove');
  return { asked, deps, clear };
}

describe('on a full disk a result', () => {
  it('is stored once there is room: the reserve, then what the job left', async () => {
    const { asked, deps, clear } = storing(2);
    await storeResult(deps, result, clear);
    const again = ['room', 'remove', 'pause', 'finish'];
    expect(asked).toEqual(['finish', ...again, ...again]);
  });

  it('is given up after a while, and at once where something else is wrong', async () => {
    const never = storing(100);
    await expect(storeResult(never.deps, result, never.clear)).rejects.toThrow('disk is full');
    const other = storing(100, new Error('no such table'));
    await expect(storeResult(other.deps, result, other.clear)).rejects.toThrow('no such table');
    expect(other.asked).toEqual(['finish']);
  });
});

describe('on a full disk a job', () => {
  it('is not accepted, and may be sent again', () => {
    const asked: string[] = [];
    const failing = (fault: Error) => () =>
      acceptJob(
        {
          store: {
            accept: () => {
              throw fault;
            },
          },
          disk: { makeRoom: () => void asked.push('room') },
        },
        request(),
        { timeoutSeconds: 60 },
        startedAt,
      );
    expect(failing(full())).toThrow(diskFull);
    expect(asked).toEqual(['room']);
    expect(failing(new Error('locked'))).toThrow('locked');
    expect(asked).toEqual(['room']);
  });

  it.each([
    ['its own folder', async (): Promise<never> => Promise.reject(new Error('EIO')), true],
    [
      'the folder of another node',
      async (): Promise<never> => {
        throw new WorkerError('job_conflict', 'a directory of this job exists already');
      },
      false,
    ],
  ])(
    'loses %s, and nobody else loses anything, to make room for its result',
    async (_whose, create, loses) => {
      const { jobs, removed, store } = stage({
        create,
        timer: { sleep: async () => {}, elapsedMs: () => 0, random: () => 0 },
      });
      const finish = store.finish.bind(store);
      let failures = 2;
      Object.assign(store, {
        finish: async (...call: Parameters<typeof finish>) => {
          if ((failures -= 1) >= 0) throw full();
          await finish(...call);
        },
      });
      expect(await jobs.submit(request())).toBe('accepted');
      await vi.waitFor(() => expect(jobs.running).toBe(0));
      await vi.waitFor(() => expect(jobs.lives(request().job_id)).toBe(false));
      expect(failures).toBeLessThan(0);
      // For each try to make room, and at the end.
      expect(removed).toHaveLength(loses ? 3 : 0);
    },
  );

  it('is refused before anything of it exists', async () => {
    const admit = async (): Promise<void> => {
      throw new WorkerError('not_run', 'the disk of the node is nearly full');
    };
    const { jobs, specs, store } = stage({ disk: { admit } });
    await expect(jobs.run(request())).rejects.toMatchObject({ code: 'not_run' });
    expect(specs).toEqual([]);
    expect(store.find(request().job_id)).toBeUndefined();
  });

  it('that is ended on its behalf says why, and has lost its files before anybody hears of it', async () => {
    const ended = {
      kind: 'disk_limit',
      words: 'the job was ended, because it had too much',
    } as const;
    const { jobs, removed, stops } = stage({
      exit: { kind: 'stopped', exitCode: 137, ...times },
      disk: {
        watch: async ({ end, trace, folders }) => {
          end();
          expect(await trace(1000)).toEqual({});
          expect(folders).toHaveLength(2);
          return { ended, over: () => {}, close: () => {} };
        },
      },
    });
    expect(await jobs.run(request())).toMatchObject({
      status: 'failed',
      exit_code: 137,
      error_type: 'disk_limit',
      stderr: `cynode: ${ended.words}\n`,
    });
    expect(removed).toContain(request().job_id);
    expect(stops).toHaveLength(1);
  });

  it.each([0, 1, 2])(
    'that is ended between two tries of its start, after %i of them, is not started again',
    async (tries) => {
      let runs = 0;
      let cut = (): void => {};
      const watch = {
        ended: undefined as { kind: 'disk_full'; words: string } | undefined,
        over: () => {},
        close: () => {},
      };
      const { jobs } = stage({
        run: async () => {
          runs += 1;
          throw new WorkerError('start_lost', 'no process to be had');
        },
        disk: {
          watch: async ({ end }) => {
            cut = () => {
              watch.ended = { kind: 'disk_full', words: 'x' };
              end();
            };
            if (tries === 0) cut();
            return watch;
          },
        },
        timer: {
          sleep: async () => void (runs >= tries && cut()),
          elapsedMs: () => 0,
          random: () => 0,
        },
      });
      expect(await jobs.run(request())).toMatchObject({
        status: 'failed',
        error_type: 'disk_full',
      });
      expect(runs).toBe(tries);
    },
  );

  it.each([
    ['ends well', { kind: 'exited', exitCode: 0, ...times } as const],
    ['fails', new Error('the engine is broken')],
  ])('is under watch until its files are gone, however it ends: it %s', async (_how, end) => {
    const asked: string[] = [];
    const note = (what: string) => () => void asked.push(what);
    const { jobs } = stage({
      run: async () => {
        if (end instanceof Error) throw end;
        return end;
      },
      remove: async () => void asked.push('removed'),
      disk: {
        watch: async () => ({ ended: undefined, over: note('over'), close: note('closed') }),
      },
    });
    await jobs.run(request()).catch(() => {});
    await vi.waitFor(() => expect(jobs.lives(request().job_id)).toBe(false));
    expect(asked).toEqual(['over', 'removed', 'closed']);
  });

  it.each([
    [{ kind: 'exited', exitCode: 0 }, 'completed'],
    [{ kind: 'exited', exitCode: 1 }, 'failed'],
    [{ kind: 'timed_out' }, 'timeout'],
  ] as const)(
    'that ended by itself in that moment has its own end and its files: %j',
    async (exit, status) => {
      const ended = { kind: 'disk_full', words: 'x' } as const;
      const artifacts = [{ name: 'a', content_type: 'text/plain', size_bytes: 1 }];
      const { jobs } = stage({
        exit: { ...exit, ...times },
        artifacts: { collect: async () => ({ artifacts, omitted: 0 }) },
        disk: { watch: async () => ({ ended, over: () => {}, close: () => {} }) },
      });
      const result = await jobs.run(request());
      expect(result).toMatchObject({ status, artifacts });
      expect(result).not.toHaveProperty('error_type');
    },
  );
});

it.each([
  ["ENOSPC: no space left on device, mkdir '/x'", true],
  ['EDQUOT: disk quota exceeded', true],
  ['Error: writing file `/x`: no space left on device', true],
  ['disk I/O error', true],
  ['EACCES: permission denied', false],
])('%s means that the disk is full: %s', (text, means) => {
  expect(isDiskFull(new Error(text))).toBe(means);
});
