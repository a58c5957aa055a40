import { describe, expect, it } from 'vitest';
import { askedFormat, plannedSchema, readAsked } from './asked.ts';

describe('what is asked of a model', () => {
  it.each(['plan', 'verdict', 'remediation'] as const)(
    '%s is a form without what services refuse',
    (name) => {
      const format = askedFormat(name);
      expect(format.json_schema.schema).toMatchObject({ type: 'object' });
      expect(format.json_schema.name).toBe(name);
      expect(JSON.stringify(format)).not.toMatch(
        /"(?:pattern|m(?:ax|in)Length|max(?:imum|Items))":/,
      );
    },
  );

  it('a plan has no steps that nothing here runs', () => {
    const text = JSON.stringify(askedFormat('plan'));
    expect(text).toContain('model_answer');
    for (const word of ['sandbox_agent', 'remediation', 'requirements', '$ref']) {
      expect(text).not.toContain(word);
    }
    expect(plannedSchema.safeParse({ steps: [], question: 'which?' }).success).toBe(true);
  });

  it('is read only as far as it keeps to the form, with what is wrong with the rest', () => {
    const action = { action: 'ask_user', text: 'which?' };
    expect(readAsked('remediation', { recommended_actions: [action] })).toEqual({
      kind: 'read',
      value: { recommended_actions: [action] },
    });
    expect(readAsked('verdict', { status: 'pass' })).toMatchObject({
      faults: [expect.stringMatching(/^criteria: /)],
    });
    expect(readAsked('plan', 'x')).toMatchObject({ faults: [expect.stringMatching(/^it: /)] });
    expect(readAsked('plan', undefined).kind).toBe('wrong');
    const many = readAsked('plan', { steps: Array.from({ length: 50 }, () => ({})) });
    expect(many.kind === 'wrong' && many.faults).toHaveLength(20);
    for (const bad of ['\u0000', '\ud800', 'x\udfff']) {
      const given = { recommended_actions: [{ ...action, text: bad }] };
      expect(readAsked('remediation', given).kind).toBe('wrong');
    }
  });
});
