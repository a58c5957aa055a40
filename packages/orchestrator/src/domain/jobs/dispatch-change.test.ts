import { describe, expect, it } from 'vitest';
import { adopted, attemptsOf, expired, requeued } from './dispatch-change.ts';
import { keptReason } from './kept-reason.ts';

describe('the note of a job', () => {
  it('counts as no attempt what started nothing, and keeps who refused it', () => {
    const back = { reason: 'no', refusedBy: undefined };
    expect(requeued(back)).toEqual({ note: { last_error: 'no' }, freeAttempts: 1 });
    expect(requeued({ ...back, refusals: { node: 2 } })).toEqual({
      note: { last_error: 'no', refusals: { node: 2 } },
      freeAttempts: 1,
    });
    expect(requeued({ ...back, refusedBy: 'node', isBrokenCall: true })).toEqual({
      note: { last_error: 'no' },
      freeAttempts: 1,
      refusedBy: 'node',
      brokenCall: true,
    });
    expect(adopted).toEqual({ note: {}, freeAttempts: 1 });
  });

  it('counts a lease that ran out: its run may have begun', () => {
    expect(expired('gone')).toEqual({ note: { last_error: 'gone' }, freeAttempts: 0 });
  });

  it('holds reasons of at most 2 KiB that can be stored', () => {
    expect(keptReason('a\u0000b')).toBe('a\uFFFDb');
    expect(Buffer.byteLength(keptReason('ü'.repeat(5000)))).toBe(2048);
  });

  it('tells the attempts of a row, none of them free unless noted', () => {
    const row = { attempt: 3, max_attempts: 5 };
    expect(attemptsOf({ ...row, payload: {} })).toEqual({
      attempt: 3,
      maxAttempts: 5,
      freeAttempts: 0,
    });
    const { freeAttempts } = attemptsOf({ ...row, payload: { dispatch: { free_attempts: 2 } } });
    expect(freeAttempts).toBe(2);
  });
});
