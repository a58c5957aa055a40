import { describe, expect, it } from 'vitest';
import { envFault } from './job-environment.ts';
import { limits } from './limits.ts';

describe('the variables of a new task', () => {
  it('may be many and long', () => {
    const names = Array.from({ length: limits.envCount }, (_, index) => [`A_${index}`, 'x']);
    expect(envFault(Object.fromEntries(names))).toBeUndefined();
    expect(envFault({ a: 'x'.repeat(limits.inlineTextBytes), B: '' })).toBeUndefined();
    expect(envFault({})).toBeUndefined();
  });

  it.each([
    [{ '': 'canary' }, 'is no name'],
    [{ '1A': 'canary' }, 'is no name'],
    [{ 'A-B': 'canary' }, 'is no name'],
    [{ 'A=B': 'canary' }, 'is no name'],
    [{ ['A'.repeat(256)]: 'canary' }, 'is no name'],
    [{ CYNODE_TASK_ID: 'canary' }, 'CYNODE_TASK_ID is set by the node itself'],
    [{ OLLAMA_BASE_URL: 'canary' }, 'OLLAMA_BASE_URL is set by the node itself'],
    [{ A: `canary${'x'.repeat(limits.inlineTextBytes)}` }, 'A has more than 96 KiB'],
    [
      Object.fromEntries(['A', 'B', 'C'].map((name) => [name, 'x'.repeat(90 * 1024)])),
      'more than 256 KiB together',
    ],
    [
      Object.fromEntries(Array.from({ length: 129 }, (_, index) => [`A${index}`, 'canary'])),
      '129 variables',
    ],
  ])('break a rule that is named without a value', (env, words) => {
    expect(envFault(env)).toContain(words);
    expect(envFault(env)).not.toContain('canary');
  });
});
