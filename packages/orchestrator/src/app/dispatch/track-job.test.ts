import type { WorkerJob } from '@cynodeai/contracts/worker-api';
import { describe, expect, it } from 'vitest';
import type { JobObservation } from '../../domain/dispatch/job-observation.ts';
import type { WorkerAnswer } from '../../domain/dispatch/worker-answer.ts';
import { leaseTimes } from '../../domain/leases/lease-times.ts';
import { claimedJob } from '../../../test/support/claimed-job.ts';
import { trackJob } from './track-job.ts';

const leaseMs = 60_000;
const times = leaseTimes(leaseMs);
const job = claimedJob({ leaseMs });
const running: JobObservation = {
  kind: 'known',
  job: { version: 1, task_id: job.taskId, job_id: job.jobId, status: 'in_progress' },
};
const ended = (status: 'completed' | 'failed'): JobObservation => {
  const result: WorkerJob['result'] = {
    version: 1,
    task_id: job.taskId,
    job_id: job.jobId,
    status,
    exit_code: 0,
    stdout: '',
    stderr: '',
    started_at: '2026-01-01T00:00:00Z',
    ended_at: '2026-01-01T00:00:00Z',
    truncated: { stdout: false, stderr: false },
  };
  return {
    kind: 'known',
    job: { version: 1, task_id: job.taskId, job_id: job.jobId, status, result },
  };
};
const cut: JobObservation = { kind: 'unreachable', message: 'cut' };

/** Time passes only by sleeping; the node says what `answer` gives at each moment. */
function track(
  answer: (atMs: number) => JobObservation | 'hang up',
  options: { readonly call?: Promise<WorkerAnswer> } = {},
) {
  let now = 0;
  const heartbeat = { aliveAt: 0 };
  const stop = new AbortController();
  const asked: number[] = [];
  const tracked = trackJob(
    { job, heartbeat, signal: stop.signal, ...(options.call && { call: options.call }) },
    {
      monotonicMs: () => now,
      sleep: async (ms, signal) => {
        await new Promise((resolve) => setImmediate(resolve));
        if (signal?.aborted !== true) now += ms;
      },
      worker: {
        getJob: async () => {
          asked.push(now);
          const said = answer(now);
          if (said !== 'hang up') return said;
          stop.abort();
          return cut;
        },
      },
    },
  );
  return { tracked, heartbeat, asked };
}

const never = new Promise<WorkerAnswer>(() => {});

describe('tracking an open call', () => {
  it('gives the answer of the call and asks nothing before a third of the lease', async () => {
    const answer: WorkerAnswer = { kind: 'lost', message: 'm' };
    const { tracked, asked } = track(() => running, { call: Promise.resolve(answer) });
    expect(await tracked).toEqual({ kind: 'answered', answer });
    expect(asked).toEqual([]);
  });

  it('asks three times per lease and keeps the heartbeat, until the node has the result', async () => {
    const { tracked, asked, heartbeat } = track(
      (at) => (at >= 100_000 ? ended('completed') : running),
      { call: never },
    );
    expect(await tracked).toMatchObject({ kind: 'seen', verdict: { kind: 'finished' } });
    expect(asked).toEqual([20_000, 40_000, 60_000, 80_000, 100_000]);
    expect(heartbeat.aliveAt).toBe(80_000);
  });

  it('gives a silent node up just before the lease ends, asking often meanwhile', async () => {
    const { tracked, asked } = track((at) => (at > 30_000 ? cut : running), { call: never });
    expect(await tracked).toMatchObject({ kind: 'silent', nodeFault: false });
    const last = asked.at(-1) ?? 0;
    expect(last).toBeGreaterThanOrEqual(20_000 + times.giveUpMs - 20);
    expect(last).toBeLessThan(20_000 + leaseMs);
    expect(asked.length).toBeGreaterThan(20);
  });

  it('trusts the call again when the silence was short', async () => {
    const { tracked, asked } = track(
      (at) => {
        if (at < 19_000 || at > 25_000) return at > 60_000 ? ended('failed') : running;
        return cut;
      },
      { call: never },
    );
    expect(await tracked).toMatchObject({ kind: 'seen' });
    expect(asked.filter((at) => at > 27_000)).toHaveLength(2);
  });

  it('lets a node deny the job once, since the request may be on its way', async () => {
    let denied = 0;
    const { tracked } = track(
      () => {
        denied += 1;
        return { kind: 'unknown' };
      },
      { call: never },
    );
    expect(await tracked).toMatchObject({ kind: 'seen', verdict: { kind: 'unknown' } });
    expect(denied).toBe(2);
  });

  it('takes nonsense for silence', async () => {
    const { tracked } = track(() => ({ kind: 'malformed', message: 'm' }), { call: never });
    expect(await tracked).toMatchObject({ kind: 'silent' });
  });
});

describe('tracking without a call', () => {
  it.each([
    [ended('completed'), { verdict: { kind: 'finished' } }],
    [{ kind: 'unknown' } as const, { verdict: { kind: 'unknown' } }],
    [{ kind: 'malformed', message: 'm' } as const, { verdict: { kind: 'broken' } }],
  ])('ends at once with %j', async (observation, end) => {
    const { tracked, asked } = track(() => observation);
    expect(await tracked).toMatchObject({ kind: 'seen', ...end });
    expect(asked).toHaveLength(1);
  });

  it('asks at least once a second while the job runs, and no longer than its deadline', async () => {
    const { tracked, asked } = track(() => running);
    expect(await tracked).toEqual({ kind: 'overdue' });
    expect(asked.at(-1)).toBeGreaterThan(job.deadlineMs);
    const pauses = asked.map((at, index) => at - (asked[index - 1] ?? 0));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(1000);
  });

  it('says when the node refuses the token', async () => {
    const { tracked } = track(() => ({ kind: 'unauthorized' }));
    expect(await tracked).toMatchObject({ kind: 'silent', nodeFault: true });
  });

  it('ends when it is told to let go', async () => {
    const { tracked } = track(() => 'hang up');
    expect(await tracked).toEqual({ kind: 'abandoned' });
  });
});
