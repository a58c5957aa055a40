import type { WorkflowState } from '@cynodeai/contracts/control-plane';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, storyEvents } from './story-events.ts';

const at = new Date('2026-01-01T00:00:00Z');
const task = '018f0000-0000-7000-8000-000000000001';
const job = (step: number, attempt: number): string =>
  `018f0000-0000-7000-8000-00000000${String(step).padStart(2, '0')}${String(attempt).padStart(2, '0')}`;
const steps = [
  { step_id: 'one', title: 'First', kind: 'sandbox_command' as const, command: ['true'] },
  { step_id: 'two', title: 'Then', kind: 'model_answer' as const },
];
const point = (
  lastNodeId: Checkpoint['lastNodeId'],
  state: Partial<WorkflowState> = {},
): Checkpoint => ({ lastNodeId, state: { task_id: task, ...state } });
const failed = {
  status: 'fail' as const,
  findings: [{ severity: 'major' as const, criterion: 'it works', message: 'it does not' }],
};
const passed = { status: 'pass' as const, findings: [] };
const planned = { plan: { steps }, current_step_index: 0 };
const tried = {
  ...planned,
  attempts_by_step: { '0': 1 },
  job_ids_by_step: { '0': job(0, 1) },
};
const again = {
  ...planned,
  attempts_by_step: { '0': 2 },
  job_ids_by_step: { '0': job(0, 2) },
};

/** A task whose first step fails once. */
const course: readonly Checkpoint[] = [
  point('load_task_context'),
  point('plan_steps', planned),
  point('dispatch_step', tried),
  point('collect_result', tried),
  point('verify_step_result', { ...tried, verification: failed }),
  point('dispatch_step', { ...again, verification: failed }),
  point('collect_result', { ...again, verification: failed }),
  point('verify_step_result', { ...again, current_step_index: 1, verification: passed }),
];

const brief = (points: readonly Checkpoint[]): string[] =>
  points.flatMap((next, index) =>
    storyEvents(next, points[index - 1], at).map(({ event, data }) => {
      expect(data).toMatchObject({ task_id: task, at: at.toISOString() });
      if (event === 'workflow.plan') return `plan ${data.steps.map((step) => step.step_id).join()}`;
      if (event === 'workflow.step') {
        expect(data.job_id).toBe(job(data.step_index, data.attempt));
        return `step ${data.step_index}.${data.attempt} ${data.status}`;
      }
      if (event !== 'workflow.verification') return event;
      return `verdict ${data.step_index}.${data.attempt} ${data.status} ${data.findings.join()}`;
    }),
  );

const told = [
  'plan one,two',
  'step 0.1 running',
  'verdict 0.1 fail it does not',
  'step 0.1 failed',
  'step 0.2 running',
  'verdict 0.2 pass ',
  'step 0.2 passed',
];

describe('the story of a workflow', () => {
  it('is told by its checkpoints, each thing once', () => {
    expect(brief(course)).toEqual(told);
  });

  it('is the same when every checkpoint is kept twice, as after a lost answer', () => {
    expect(brief(course.flatMap((each) => [each, each]))).toEqual(told);
  });

  it('is the same whatever the order of the keys that come back', () => {
    const shuffled = structuredClone(course).map(({ lastNodeId, state }) => ({
      lastNodeId,
      state: Object.fromEntries(Object.entries(state).toReversed()) as WorkflowState,
    }));
    const events = course.flatMap((next, index) => storyEvents(next, shuffled[index - 1], at));
    expect(events).toHaveLength(told.length);
  });

  it('tells that the plan is what is left of a planner that failed', () => {
    const plan = { plan: { steps: steps.slice(1) }, planner_degraded: true };
    expect(storyEvents(point('plan_steps', plan), undefined, at)).toMatchObject([
      { event: 'workflow.plan', data: { planner_degraded: true } },
    ]);
  });

  it('tells a second verdict that is like the first', () => {
    const twice = [
      ...course.slice(0, 7),
      point('verify_step_result', { ...again, verification: failed }),
    ];
    expect(brief(twice).filter((line) => line.startsWith('verdict'))).toEqual([
      'verdict 0.1 fail it does not',
      'verdict 0.2 fail it does not',
    ]);
  });

  it('keeps words of findings within 16 KiB, cut between characters', () => {
    const long = { severity: 'major' as const, criterion: 'it works', message: 'é'.repeat(5000) };
    const findings = [long, long, long];
    const verification = { status: 'fail' as const, findings };
    const [verdict] = storyEvents(
      point('verify_step_result', { ...tried, verification }),
      point('collect_result', tried),
      at,
    );
    if (verdict?.event !== 'workflow.verification') throw new Error('it has a verdict');
    expect(verdict.data.findings).toHaveLength(2);
    expect(Buffer.byteLength(verdict.data.findings.join(''))).toBe(16 * 1024);
  });

  it('tells nothing of a verdict without a try, nor of a try without a job', () => {
    const none = point('verify_step_result', { ...planned, verification: failed });
    expect(storyEvents(none, point('collect_result', planned), at)).toEqual([]);
    const jobless = { ...planned, attempts_by_step: { '0': 1 } };
    expect(storyEvents(point('dispatch_step', jobless), point('plan_steps', planned), at)).toEqual(
      [],
    );
    expect(storyEvents(point('verify_step_result', tried), undefined, at)).toHaveLength(2);
  });

  const unasked = { failure: { code: 'inference_unavailable', message: 'nobody answers' } };
  const second = {
    ...planned,
    current_step_index: 1,
    attempts_by_step: { '0': 1, '1': 1 },
    job_ids_by_step: { '0': job(0, 1), '1': job(1, 1) },
  };

  it.each([
    ['an earlier step passed', 'verify_step_result', { ...second, verification: passed }, '1.1'],
    ['an earlier try failed', 'verify_step_result', { ...again, verification: failed }, '0.2'],
    ['nothing was judged', 'verify_step_result', tried, '0.1'],
    ['it waits for its job', 'collect_result', { ...again, verification: failed }, '0.2'],
  ] as const)(
    'tells no verdict of a try that is cut short, where %s',
    (_where, node, state, which) => {
      const cut = point(node, { ...state, ...unasked });
      const before = point(node === 'collect_result' ? 'dispatch_step' : 'collect_result', state);
      const end = point('mark_failed', { ...state, ...unasked });
      expect(brief([before, cut, cut, end]).slice(brief([before]).length)).toEqual([
        `step ${which} failed`,
      ]);
    },
  );

  it.each(['max_attempts', 'no_remediation', 'needs_clarification'])(
    'tells the verdict that ends a task with %s, also one like the last',
    (code) => {
      const state = { ...again, verification: failed };
      const failure = { code, message: 'no more' };
      const points = [
        point('collect_result', state),
        point('verify_step_result', { ...state, failure }),
        point('mark_failed', { ...state, failure }),
      ];
      expect(brief(points).slice(1 + 1)).toEqual([
        'verdict 0.2 fail it does not',
        'step 0.2 failed',
      ]);
    },
  );
});
