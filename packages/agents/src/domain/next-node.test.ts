import type { GraphState } from '@cynodeai/contracts/agents';
import { workflowNodes } from '@cynodeai/contracts/control-plane';
import { describe, expect, it } from 'vitest';
import { nextNode } from './next-node.ts';

const bounds = { maxAttempts: 3 };
const step = {
  step_id: 'one',
  title: 'One',
  kind: 'model_answer' as const,
  instruction: 'say it',
  timeout_seconds: 300,
  inputs: [],
  expected_outputs: [{ description: 'it is said', exit_code: 0 }],
  evidence: ['the answer'],
};
const state = (more: Partial<GraphState> = {}): GraphState => ({
  schema_version: 1,
  task_id: '018f0000-0000-7000-8000-000000000001',
  plan: { steps: [step, step], assumptions: [] },
  current_step_index: 0,
  ...more,
});
const passed = { status: 'pass' as const, findings: [], recommended_actions: [] };
const failed = { ...passed, status: 'fail' as const };

describe('the way through the graph', () => {
  it('leads through each node of a task without trouble', () => {
    const way: string[] = [];
    let last: (typeof workflowNodes)[number] | undefined;
    for (let at = state({ attempts_by_step: { '0': 1, '1': 1 } }); ;) {
      const next = nextNode(last, at, bounds);
      way.push(next);
      if (next === 'end') break;
      last = next;
      if (next === 'verify_step_result') {
        at = { ...at, verification: passed, current_step_index: (at.current_step_index ?? 0) + 1 };
      }
    }
    const each = ['dispatch_step', 'collect_result', 'verify_step_result'];
    expect(way).toEqual([
      'load_task_context',
      'plan_steps',
      ...each,
      ...each,
      'finalize_summary',
      'end',
    ]);
  });

  it('tries a step again until its tries are used up', () => {
    const next = [1, 2, 3, 4].map((attempts) =>
      nextNode(
        'verify_step_result',
        state({ verification: failed, attempts_by_step: { '0': attempts } }),
        bounds,
      ),
    );
    expect(next).toEqual(['dispatch_step', 'dispatch_step', 'mark_failed', 'mark_failed']);
  });

  it('leads to the end from any node that noted a failure, and nowhere from an end', () => {
    const broken = state({ failure: { code: 'plan_invalid', message: 'no' } });
    for (const node of workflowNodes) {
      const isEnd = node === 'finalize_summary' || node === 'mark_failed';
      expect(nextNode(node, broken, bounds)).toBe(isEnd ? 'end' : 'mark_failed');
    }
  });
});
