import type { PlanStep, RecommendedAction } from '@cynodeai/contracts/agents';
import { describe, expect, it } from 'vitest';
import { commandOf, remediationOf } from './remediation.ts';

const common = {
  step_id: 'one',
  title: 'One',
  timeout_seconds: 300,
  inputs: [],
  expected_outputs: [{ description: 'it works', exit_code: 0 }],
  evidence: ['the output'],
};
const command: Extract<PlanStep, { readonly kind: 'sandbox_command' }> = {
  ...common,
  kind: 'sandbox_command',
  command: ['wc', '-w', 'a.txt'],
  network_policy: 'none',
  use_inference: false,
};
const answer: PlanStep = { ...common, kind: 'model_answer', instruction: 'say it' };
const action = (more: Partial<RecommendedAction>): RecommendedAction => ({
  action: 'replace_command',
  text: 'count the right file',
  ...more,
});

describe('what a failed step does differently', () => {
  it('is another command', () => {
    const other = ['wc', '-w', 'b.txt'];
    const found = remediationOf(command, [action({ command: other })]);
    expect(found).toEqual({ text: 'count the right file', command: other });
    expect(commandOf({ ...command, remediation: found })).toEqual(other);
  });

  it('is never a command that failed, be it the first or what replaced it', () => {
    expect(remediationOf(command, [action({ command: [...command.command] })])).toBeUndefined();
    const replaced = { ...command, remediation: { text: 'x', command: ['wc', 'b.txt'] } };
    expect(remediationOf(replaced, [action({ command: ['wc', 'b.txt'] })])).toBeUndefined();
    expect(remediationOf(replaced, [action({ command: [...command.command] })])).toBeUndefined();
    const third = [action({ command: ['wc', 'c.txt'] })];
    expect(remediationOf(replaced, third)).toBeDefined();
    expect(remediationOf(replaced, third, [['wc', 'c.txt']])).toBeUndefined();
  });

  it('is the same command only where a passing cause is named', () => {
    const again = action({ action: 'retry_transient' });
    expect(remediationOf(command, [again])).toBeUndefined();
    expect(remediationOf(command, [{ ...again, transient_cause: ' ' }])).toBeUndefined();
    expect(remediationOf(command, [{ ...again, transient_cause: 'the disk was full' }])).toEqual({
      text: 'count the right file',
      command: command.command,
      transient_cause: 'the disk was full',
    });
  });

  it('is not a change of words for a command, and the first action that helps counts', () => {
    const words = action({ action: 'change_instruction' });
    expect(remediationOf(command, [words, action({}), action({ command: [] })])).toBeUndefined();
    const endless = Array.from({ length: 300 }, () => 'x');
    expect(remediationOf(command, [action({ command: endless })])).toBeUndefined();
    expect(remediationOf(command, [words, action({ command: ['ls'] })])?.command).toEqual(['ls']);
    expect(remediationOf(answer, [words])).toEqual({ text: 'count the right file' });
    expect(remediationOf(answer, [action({ action: 'ask_user' })])).toBeUndefined();
    const told = { ...answer, remediation: { text: 'count the right file' } };
    expect(remediationOf(told, [words])).toBeUndefined();
    expect(remediationOf(answer, [{ ...words, text: ' ' }])).toBeUndefined();
  });
});
