import type { RunJobResult } from '@cynodeai/contracts/common';
import type { WorkerJob } from '@cynodeai/contracts/worker-api';
import { describe, expect, it } from 'vitest';
import {
  type JobObservation,
  type Verdict,
  decideRetry,
  judgeObservation,
} from './job-observation.ts';

const ids = {
  taskId: '00000000-0000-4000-8000-000000000001',
  jobId: '00000000-0000-4000-8000-000000000002',
};
const result: RunJobResult = {
  version: 1,
  task_id: ids.taskId,
  job_id: ids.jobId,
  lease_id: '00000000-0000-4000-8000-000000000009',
  status: 'completed',
  exit_code: 0,
  stdout: 'out',
  stderr: '',
  started_at: '2026-01-01T00:00:00Z',
  ended_at: '2026-01-01T00:00:01Z',
  truncated: { stdout: false, stderr: false },
};
const known = (change: Partial<WorkerJob> = {}): JobObservation => ({
  kind: 'known',
  job: {
    version: 1,
    task_id: ids.taskId,
    job_id: ids.jobId,
    status: 'in_progress',
    ...change,
  },
});
const ended = (change: Partial<RunJobResult> = {}): JobObservation => {
  const { status } = { ...result, ...change };
  return known({ status, result: { ...result, ...change } });
};
const restarted = {
  status: 'failed',
  exit_code: 125,
  stdout: '',
  stderr: 'cynode: node restarted\n',
} as const;
const stopped = {
  status: 'failed',
  exit_code: 143,
  stderr: 'Terminated\ncynode: the job was canceled\n',
} as const;
const judge = (observation: JobObservation): Verdict =>
  judgeObservation(observation, { ...ids, nodeSlug: 'n' });

describe('what a node says of a job', () => {
  it.each<[string, JobObservation, Verdict['kind']]>([
    ['accepted', known({ status: 'accepted' }), 'running'],
    ['in progress', known(), 'running'],
    ['ended, under whatever lease', ended(), 'finished'],
    ['ended badly', ended({ status: 'failed', exit_code: 1 }), 'finished'],
    ['cut short by a restart', ended(restarted), 'run_lost'],
    ['the same words by the job itself', ended({ ...restarted, stdout: 'x' }), 'finished'],
    [
      'the same words beside others',
      ended({ ...restarted, stderr: 'a\nnode restarted' }),
      'finished',
    ],
    ['the same words with another code', ended({ ...restarted, exit_code: 1 }), 'finished'],
    ['ended without a result', known({ status: 'completed' }), 'broken'],
    ['of another job', known({ job_id: ids.taskId }), 'broken'],
    ['of another task', known({ task_id: ids.jobId }), 'broken'],
    ['with the result of another job', ended({ job_id: ids.taskId }), 'broken'],
    ['with the result of another task', ended({ task_id: ids.jobId }), 'broken'],
    ['nothing', { kind: 'unknown' }, 'unknown'],
    ['401', { kind: 'unauthorized' }, 'silent'],
    ['no answer', { kind: 'unreachable', message: 'm' }, 'silent'],
    ['nonsense', { kind: 'malformed', message: 'm' }, 'broken'],
  ])('%s', (_what, observation, kind) => {
    const verdict = judge(observation);
    expect(verdict.kind).toBe(kind);
    if ('reason' in verdict) expect(verdict.reason).toContain('node n');
  });

  it('sends a job to another node whose result says that nothing ran for want of its image', () => {
    const noImage = { status: 'failed', exit_code: 125, error_type: 'image_unavailable' } as const;
    const outcome = { kind: 'other_node', hasResult: true, otherwise: { status: 'failed' } };
    const verdict = judge(ended(noImage));
    expect(verdict).toMatchObject({ kind: 'finished', outcome });
    expect(decideRetry(verdict, true)).toMatchObject({ kind: 'take', outcome });
  });

  it('blames the node for a refused token only', () => {
    expect(judge({ kind: 'unauthorized' })).toMatchObject({ nodeFault: true });
    expect(judge({ kind: 'unreachable', message: 'm' })).toMatchObject({ nodeFault: false });
  });
});

describe('a retry', () => {
  it.each<[JobObservation, boolean, string]>([
    [ended(), true, 'take'],
    [ended(), false, 'take'],
    [known(), true, 'adopt'],
    [known(), false, 'adopt'],
    [{ kind: 'unknown' }, true, 'send'],
    [{ kind: 'unknown' }, false, 'elsewhere'],
    [ended(restarted), true, 'acknowledge_and_send'],
    [ended(restarted), false, 'elsewhere'],
    [ended(stopped), true, 'acknowledge_and_send'],
    [
      ended({ ...stopped, tail: { stderr: { omitted_bytes: 9, text: stopped.stderr } } }),
      true,
      'acknowledge_and_send',
    ],
    [ended(stopped), false, 'elsewhere'],
    [ended({ ...stopped, stderr: `${stopped.stderr}more` }), true, 'take'],
    [ended({ stderr: stopped.stderr }), true, 'take'],
    [{ kind: 'unreachable', message: 'm' }, true, 'leave'],
    [{ kind: 'unauthorized' }, true, 'leave'],
    [{ kind: 'malformed', message: 'm' }, true, 'leave'],
  ])('%j, may take work: %s', (observation, mayTakeWork, step) => {
    expect(decideRetry(judge(observation), mayTakeWork).kind).toBe(step);
  });

  it('suspects the job of a death of the node only where the node ended', () => {
    const step = (observation: JobObservation) => decideRetry(judge(observation), true);
    expect(step(ended(restarted))).toMatchObject({ withNode: true });
    expect(step(ended(stopped))).toMatchObject({ withNode: false });
  });

  it('counts as an attempt when the node answers nonsense, and not when it is away', () => {
    const step = (observation: JobObservation) => decideRetry(judge(observation), true);
    expect(step({ kind: 'malformed', message: 'm' })).toMatchObject({ counts: true });
    expect(step({ kind: 'unreachable', message: 'm' })).toMatchObject({ counts: false });
  });
});
