import { describe, expect, it } from 'vitest';
import { additionalContext, contextOf } from './context.ts';

const parts = {
  baseline: 'You are an agent.',
  instructions: 'Plan.\n',
  project: { id: 'p', name: 'Site', slug: 'site', description: undefined },
  task: {
    id: 't',
    name: 'count',
    status: 'running',
    criteria: ['a table', 'of words'],
    metadata: { a: 1 },
  },
  additional: 'Prefer make.',
};

describe('what stands before every message to a model', () => {
  it('has its blocks in one order', () => {
    expect(contextOf(parts)).toBe(
      [
        'You are an agent.',
        'Plan.',
        '## Project context\n- id: p\n- name: Site\n- slug: site',
        '## Task context\n- id: t\n- name: count\n- status: running\n- acceptance criteria: a table; of words\n- metadata: {"a":1}',
        '## User additional context\nPrefer make.',
      ].join('\n\n'),
    );
  });

  it('leaves out what there is not', () => {
    const none = { ...parts, project: undefined, task: undefined, additional: ' \n' };
    expect(contextOf(none)).toBe('You are an agent.\n\nPlan.');
  });

  it('takes what a user adds as a text or as texts, and nothing else', () => {
    expect(additionalContext('a')).toBe('a');
    expect(additionalContext(['a', 'b'])).toBe('a\n\nb');
    for (const other of [1, null, undefined, {}, ['a', 1]]) {
      expect(additionalContext(other)).toBeUndefined();
    }
  });
});
