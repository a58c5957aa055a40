import { silentLog } from '@cynodeai/runtime/observe';
import { describe, expect, it } from 'vitest';
import { OrchestratorError } from '../../domain/errors.ts';
import type { StoredEnd } from '../../domain/jobs/stored-end.ts';
import type { EndedJob } from '../../ports/job-ends.ts';
import { JobCompleter } from './job-completer.ts';

const ended = (jobId: string): EndedJob => ({
  taskId: `task-${jobId}`,
  jobId,
  leaseId: 'lease',
  status: 'completed',
  result: { status: 'failed', error_type: 'x', error_message: '', stdout: '', stderr: '' },
  summary: '',
  logs: [],
});

/** A store that records its batches and does with each what the test says. */
function fakeStore(behave: (batch: readonly EndedJob[], call: number) => Promise<void> | void) {
  const batches: (readonly EndedJob[])[] = [];
  const naps: number[] = [];
  const completer = new JobCompleter({
    ends: {
      complete: async (jobs) => {
        batches.push(jobs);
        await behave(jobs, batches.length);
        return new Map(jobs.map((job): [string, StoredEnd] => [job.jobId, 'recorded']));
      },
    },
    log: silentLog,
    sleep: async (ms) => void naps.push(ms),
  });
  const ids = () => batches.map((batch) => batch.map((job) => job.jobId));
  return { completer, batches, ids, naps };
}

describe('the completer', () => {
  it('stores what ends during a transaction together in the next one', async () => {
    const first = Promise.withResolvers<void>();
    const { completer, ids } = fakeStore((_batch, call) =>
      call === 1 ? first.promise : undefined,
    );
    const stored = ['a', 'b', 'c'].map((id) => completer.complete(ended(id)));
    first.resolve();
    expect(await Promise.all(stored)).toEqual(['recorded', 'recorded', 'recorded']);
    expect(ids()).toEqual([['a'], ['b', 'c']]);
    expect(await completer.complete(ended('d'))).toBe('recorded');
  });

  it('takes a job that arrives exactly when the last transaction is over', async () => {
    const { completer, ids } = fakeStore(() => {});
    for (let index = 0; index < 50; index += 1) {
      expect(await completer.complete(ended(String(index)))).toBe('recorded');
    }
    expect(ids()).toHaveLength(50);
  });

  it('repeats with backoff until the database is back', async () => {
    const { completer, ids, naps } = fakeStore((_batch, call) => {
      if (call < 4) throw new Error('connection refused');
    });
    expect(await completer.complete(ended('a'))).toBe('recorded');
    expect(ids()).toHaveLength(4);
    expect(naps).toHaveLength(3);
    expect(naps[2]).toBeGreaterThan(naps[0] ?? 0);
  });

  it('gives up when told, and says so', async () => {
    const { completer } = fakeStore(() => {
      completer.giveUp();
      throw new Error('still away');
    });
    expect(await completer.complete(ended('a'))).toBe('lost');
    expect(await completer.complete(ended('b'))).toBe('lost');
  });

  it('stores the others and the culprit without its result when values are refused', async () => {
    const { completer, batches } = fakeStore((batch) => {
      const bad = batch.some((job) => job.jobId === 'bad' && job.status === 'completed');
      if (bad) throw new OrchestratorError('result_not_storable', 'no');
    });
    const warm = completer.complete(ended('warm'));
    const stored = ['good', 'bad'].map((id) => completer.complete(ended(id)));
    expect(await Promise.all([warm, ...stored])).toEqual(['recorded', 'recorded', 'recorded']);
    expect(batches.at(-1)?.[0]).toMatchObject({
      jobId: 'bad',
      status: 'failed',
      result: { error_type: 'result_not_storable' },
    });
  });

  it('does not try for ever when even that is refused', async () => {
    const { completer } = fakeStore(() => {
      throw new OrchestratorError('result_not_storable', 'no');
    });
    expect(await completer.complete(ended('a'))).toBe('lost');
  });
});
