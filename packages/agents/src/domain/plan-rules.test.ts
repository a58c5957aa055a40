import type { Plan } from '@cynodeai/contracts/agents';
import { describe, expect, it } from 'vitest';
import { faultsOfPlan, inputFaults } from './plan-rules.ts';

const step = (more: object = {}): Plan['steps'][number] => ({
  step_id: 'one',
  title: 'One',
  timeout_seconds: 300,
  inputs: [],
  expected_outputs: [{ description: 'it works', exit_code: 0 }],
  evidence: ['the output'],
  kind: 'sandbox_command',
  command: ['wc', '-w'],
  network_policy: 'none',
  use_inference: false,
  ...more,
});
const plan = (...steps: Plan['steps']): Plan => ({ steps, assumptions: [] });
const bounds = { maxSteps: 2 };

describe('a plan', () => {
  it('is right with steps of their own names', () => {
    expect(faultsOfPlan(plan(step(), step({ step_id: 'two' })), 'count', bounds)).toEqual([]);
  });

  it('says all that is wrong with it', () => {
    const remediation = { text: 'later' };
    const steps = [step(), step({ remediation }), step({ step_id: 'three' })];
    expect(faultsOfPlan(plan(...steps), 'count', bounds)).toEqual([
      'steps: 3 are too many, 2 is the most',
      'steps.1.step_id: one is there twice',
      'steps.1.remediation: only a verification sets it',
    ]);
  });

  it('has only steps that something runs here, and asks nothing of where', () => {
    const agent = step({ kind: 'sandbox_agent', instruction: 'do it' });
    const picky = step({ step_id: 'two', requirements: { gpu: true } });
    expect(faultsOfPlan(plan(agent, picky), 'count', bounds)).toEqual([
      'steps.0.kind: no agent runs in sandboxes here; use sandbox_command steps',
      'steps.1.requirements: they are not taken; leave them out',
    ]);
  });

  it('names files that are there, or that an earlier step leaves', () => {
    const makes = { description: 'a table', exit_code: 0, artifact_path: 'n.txt' };
    const first = step({ inputs: ['upload/a.txt'], expected_outputs: [makes] });
    const then = step({ inputs: ['artifacts/n.txt', 'artifacts/old.txt'] });
    const present = new Set(['upload/a.txt', 'old.txt']);
    expect(inputFaults(plan(first, then), present)).toEqual([]);
    expect(inputFaults(plan(then, first), present)).toEqual([
      'steps.0.inputs: there is no artifacts/n.txt; there are upload/a.txt, artifacts/old.txt',
    ]);
    expect(inputFaults(plan(first), new Set())).toEqual([
      'steps.0.inputs: there is no upload/a.txt; there are no files',
    ]);
  });

  const prompt = 'rm  -rf build && make all';
  it.each([
    [['rm', '-rf', 'build', '&&', 'make', 'all']],
    [[prompt]],
    [['sh', '-c', 'rm -rf build && make all']],
    [['/bin/bash', '-lc', ` ${prompt}\n`]],
    [['bash', '-e', '-c', prompt]],
  ])('whose command is the words of the task is refused: %o', (command) => {
    expect(faultsOfPlan(plan(step({ command })), prompt, bounds)).toHaveLength(1);
  });

  it.each([[['make', 'all']], [['sh', '-c', 'make all']], [['cat', 'rm -rf build']]])(
    'with a command of its own is not: %o',
    (command) => {
      expect(faultsOfPlan(plan(step({ command })), prompt, bounds)).toEqual([]);
    },
  );
});
