import { describe, expect, it } from 'vitest';
import { expireJob, leaseRanOut } from './expire-job.ts';
import { judgeRenewal } from './judge-renewal.ts';
import { storedEnd } from './stored-end.ts';

describe('a job whose lease is over', () => {
  const facts = { attempt: 1, freeAttempts: 0, maxAttempts: 2 };

  it('goes back into the queue while attempts are left', () => {
    expect(expireJob(facts, leaseRanOut, 0.5)).toEqual({ kind: 'requeue', delayMs: 2000 });
  });

  it('ends with the number of its starts and the last reason when none is left', () => {
    expect(expireJob({ ...facts, attempt: 2 }, 'silence', 0.5)).toMatchObject({
      kind: 'exhausted',
      end: {
        status: 'failed',
        result: {
          error_type: 'attempts_exhausted',
          error_message: 'the job was started as often as allowed (2); last: silence',
        },
      },
    });
  });
});

describe('a renewal', () => {
  it('is lost where another lease stands or none, and says what was canceled under its own', () => {
    const facts = [
      { jobId: 'kept', isHeld: true, status: 'running' },
      { jobId: 'canceled', isHeld: true, status: 'canceled' },
      { jobId: 'ended', isHeld: true, status: 'completed' },
      { jobId: 'taken', isHeld: false, status: 'running' },
      { jobId: 'canceled elsewhere', isHeld: false, status: 'canceled' },
      { jobId: 'gone', isHeld: false, status: undefined },
    ];
    expect(judgeRenewal(facts)).toEqual({
      canceled: ['canceled'],
      lost: ['taken', 'canceled elsewhere', 'gone'],
    });
  });
});

describe('a stored end', () => {
  it('is what the guarded statements did', () => {
    const facts = {
      recorded: new Set(['a']),
      kept: new Set(['b']),
      final: new Set(['c']),
    };
    expect(['a', 'b', 'c', 'd'].map((id) => storedEnd(id, facts))).toEqual([
      'recorded',
      'kept_for_inspection',
      'ended_before',
      'superseded',
    ]);
  });
});
