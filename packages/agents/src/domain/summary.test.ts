import type { GraphState } from '@cynodeai/contracts/agents';
import { expect, it } from 'vitest';
import { summaryOf } from './summary.ts';

const step = (title: string) => ({
  step_id: title.toLowerCase(),
  title,
  kind: 'model_answer' as const,
  instruction: 'say it',
  timeout_seconds: 300,
  inputs: [],
  expected_outputs: [{ description: 'it is said', exit_code: 0 }],
  evidence: ['the answer'],
});
const state: GraphState = {
  schema_version: 1,
  task_id: '018f0000-0000-7000-8000-000000000001',
  plan: { steps: [step('First'), step('Then'), step('Last')], assumptions: ['the files are text'] },
  current_step_index: 3,
  attempts_by_step: { '0': 1, '1': 2, '2': 1 },
  preferences_effective: { 'code.language.preferred': 'python' },
};

it('tells what came of a task from what was recorded', () => {
  expect(
    summaryOf({
      state,
      artifacts: [{ path: 'report.md', sizeBytes: 12, sha256: 'ab' }],
      verificationIds: ['v1'],
    }),
  ).toBe(`Completed: every step passed its verification.

## Steps

- First: passed
- Then: passed (try 2)
- Last: passed

## Files

- report.md (12 bytes, sha256 ab)

## Assumptions

- the files are text

## Preferences applied

- code.language.preferred

## Verifications

- v1`);
});

it('tells a failure with what was found, what was tried and what was not', () => {
  const text = summaryOf({
    state: {
      ...state,
      current_step_index: 1,
      attempts_by_step: { '0': 1, '1': 3 },
      planner_degraded: true,
      failure: { code: 'max_attempts', message: 'Three tries of "Then".' },
      verification: {
        status: 'fail',
        findings: [
          { severity: 'major', criterion: 'a table', message: 'it is empty', evidence: [] },
        ],
        recommended_actions: [],
      },
    },
    artifacts: [],
    verificationIds: [],
  });
  expect(text).toMatch(
    /^Failed: a step failed as often as it may be tried\. Three tries of "Then"\./,
  );
  expect(text).toContain('`planner_degraded`');
  expect(text).toContain('- First: passed\n- Then: failed (try 3)\n- Last: not run');
  expect(text).toContain('- major: a table: it is empty');
});

it('is cut where it would be endless', () => {
  const assumptions = Array.from({ length: 1000 }, () => 'x'.repeat(100));
  const plan = { steps: [step('First')], assumptions };
  expect(summaryOf({ state: { ...state, plan }, artifacts: [], verificationIds: [] }).length).toBe(
    16_002,
  );
});

it('says of each criterion how it was met, and which models were asked', () => {
  const decision = '018f0000-0000-7000-8000-00000000000d';
  const text = summaryOf({
    state: {
      ...state,
      verification: {
        status: 'pass',
        findings: [
          { severity: 'info', criterion: 'a table', message: 'it has 3 rows', evidence: [] },
        ],
        recommended_actions: [],
      },
      routing: [
        {
          agent: 'project_manager',
          purpose: 'plan',
          model_ref: 'qwen:1',
          target: 'local',
          decision_id: decision,
        },
      ],
    },
    artifacts: [],
    verificationIds: [],
  });
  expect(text).toContain('## Criteria\n\n- a table: met: it has 3 rows');
  expect(text).toContain(
    `## Models\n\n- plan (project_manager): qwen:1, local, decision ${decision}`,
  );
});
