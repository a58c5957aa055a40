import { describe, expect, it } from 'vitest';
import { judge } from './checker.ts';
import type { HistoryEvent } from './history.ts';
import { Random } from './random.ts';

const good: readonly HistoryEvent[] = [
  { at: 1, what: 'submitted', taskId: 't1' },
  { at: 1.5, what: 'lease', jobId: 'j1', node: 'a' },
  { at: 2, what: 'engine_start', jobId: 'j1', node: 'a' },
  { at: 3, what: 'fault', role: 'node-a', action: 'kill' },
  { at: 3.5, what: 'lease', jobId: 'j1', node: 'b' },
  { at: 4, what: 'engine_start', jobId: 'j1', node: 'b' },
  {
    at: 9,
    what: 'job_final',
    taskId: 't1',
    jobId: 'j1',
    status: 'completed',
    attempt: 2,
    freeAttempts: 0,
    isAnswer: false,
  },
];

/** One run more than there should be, after the fault. */
const doubled = (node: string): HistoryEvent[] => [
  ...good,
  { at: 5, what: 'engine_start', jobId: 'j1', node },
];
/** An attempt more that might have started it, were it not for what it did. */
const attempts = (history: readonly HistoryEvent[], freeAttempts: number): HistoryEvent[] =>
  history.map((event) =>
    event.what === 'job_final' ? { ...event, attempt: 3, freeAttempts } : event,
  );
const lease = (at: number, node: string): HistoryEvent => ({
  at,
  what: 'lease',
  jobId: 'j1',
  node,
});

describe('the checker', () => {
  it('accepts a rerun that a fault explains', () => {
    expect(judge(good)).toMatchObject({
      submitted: 1,
      completed: 1,
      faults: 1,
      runs: 2,
      rerun: 1,
      violations: [],
    });
  });

  it('accepts a rerun on the same node under a new lease', () => {
    const again = attempts([...doubled('b'), lease(4.5, 'b')], 0);
    expect(judge(again)).toMatchObject({ runs: 3, leases: 3, rerun: 1, violations: [] });
  });

  it.each([
    ['a lost task', good.filter((event) => event.what !== 'job_final'), /0 ended jobs/],
    [
      'a failed job',
      good.map((event) => ('status' in event ? { ...event, status: 'failed' } : event)),
      /ended as failed/,
    ],
    [
      'a result without a run',
      good.filter((event) => event.what !== 'engine_start'),
      /no engine ever ran it/,
    ],
    [
      'a start after the end',
      [...good, { at: 90, what: 'engine_start', jobId: 'j1', node: 'a' }],
      /after it had ended/,
    ],
    [
      'a second run for no reason',
      good.filter((event) => event.what !== 'fault'),
      /without any fault/,
    ],
    ['a doubled run on the last node', attempts(doubled('b'), 0), /started on b without a lease/],
    ['a doubled run on an earlier node', attempts(doubled('a'), 0), /started on a without a lease/],
    [
      'a doubled run beside a lease that began too late',
      attempts([...doubled('b'), lease(6, 'b')], 0),
      /started on b without a lease/,
    ],
    ['a doubled run in one attempt', doubled('b'), /started 3 times in 2 attempts/],
    [
      'a doubled run under a lease that only took over a run',
      attempts([...doubled('b'), lease(4.5, 'b')], 1),
      /started 3 times in 2 attempts/,
    ],
  ] satisfies [string, HistoryEvent[], RegExp][])('finds %s', (_name, history, expected) => {
    expect(judge(history).violations.join('\n')).toMatch(expected);
  });

  it('replays the same choices from the same seed', () => {
    const draw = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 5 }, () => random.between(0, 100));
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  describe('of tasks in plain words', () => {
    const asked: HistoryEvent = { at: 1, what: 'asked', taskId: 't2', steps: 1 };
    const end = { at: 9, what: 'task_final', taskId: 't2', status: 'completed' } as const;
    const finals = { ...end, jobs: 1, passed: 1, summary: 'done' };
    const answer: HistoryEvent = {
      at: 5,
      what: 'job_final',
      taskId: 't2',
      jobId: 'j2',
      status: 'completed',
      attempt: 1,
      freeAttempts: 0,
      isAnswer: true,
    };

    it('accepts one job and one good verdict for each step', () => {
      expect(judge([...good, asked, answer, finals])).toMatchObject({ asked: 1, violations: [] });
    });

    it.each([
      ['failed', { ...finals, status: 'failed' }],
      ['with 2 jobs', { ...finals, jobs: 2 }],
      ['0 good verdicts', { ...finals, passed: 0 }],
    ])('finds one that ended %s', (words, final) => {
      const { violations } = judge([asked, answer, final]);
      expect(violations).toHaveLength(1);
      expect(violations[0]).toContain(words);
    });

    it('finds one that never ended, and a step that no engine ran', () => {
      expect(judge([asked]).violations).toEqual(['task t2 has no end']);
      const unrun = { ...answer, isAnswer: false };
      expect(judge([asked, unrun, finals]).violations).toEqual([
        'job j2 is completed although no engine ever ran it',
      ]);
    });
  });
});
