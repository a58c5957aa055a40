import { describe, expect, it } from 'vitest';
import { askedFormat, plannedSchema } from './asked.ts';

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
});
