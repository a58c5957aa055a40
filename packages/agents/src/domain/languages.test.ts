import type { Plan } from '@cynodeai/contracts/agents';
import { describe, expect, it } from 'vitest';
import { disallowedLanguages, languageFaults, leavesNoLanguage } from './languages.ts';

const planOf = (...command: string[]): Plan => ({
  assumptions: [],
  steps: [
    {
      step_id: 'one',
      title: 'One',
      kind: 'sandbox_command',
      command,
      timeout_seconds: 300,
      inputs: [],
      expected_outputs: [{ description: 'it works', exit_code: 0 }],
      evidence: ['the output'],
      network_policy: 'none',
      use_inference: false,
    },
  ],
});

describe('languages that the user does not allow', () => {
  const preferences = { 'code.language.disallowed': ['Python', 'JavaScript', 7] };

  it.each([['python3', 'x.py'], ['/usr/bin/python3.12'], ['node', 'x.js'], ['Python']])(
    'are not run by %s',
    (...command) => {
      expect(languageFaults(planOf(...command), preferences)).toHaveLength(1);
    },
  );

  it.each([['make'], ['cat', 'python'], ['/'], ['pythonista']])(
    'have nothing to do with %s',
    (...command) => {
      expect(languageFaults(planOf(...command), preferences)).toEqual([]);
    },
  );

  it('are of commands alone, and of no other kind of value', () => {
    const [step] = planOf('x').steps;
    const said = { ...step, kind: 'model_answer', instruction: 'python' } as Plan['steps'][number];
    expect(languageFaults({ steps: [said], assumptions: [] }, preferences)).toEqual([]);
    expect(disallowedLanguages({ 'code.language.disallowed': 'python' })).toEqual([]);
  });

  it.each([
    [['python'], true],
    [[{ language: 'python' }, { language: 'javascript ' }], true],
    [['python', 'go'], false],
    [[], false],
    [[{ notes: 'x' }, 3], false],
    ['python', false],
  ])('of those that are ranked (%o) leave none: %s', (ranked, none) => {
    expect(leavesNoLanguage({ ...preferences, 'code.language.rank_ordered': ranked })).toBe(none);
  });
});
