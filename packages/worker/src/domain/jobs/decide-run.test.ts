import { describe, expect, it } from 'vitest';
import { decideRun } from './decide-run.ts';

describe('deciding whether a request begins a run (REQ-WORKER-0149)', () => {
  it.each([
    [undefined, undefined, 'begin'],
    [undefined, 'a', 'begin'],
    [{ leaseId: 'a', state: 'running' }, 'a', 'join'],
    [{ leaseId: 'a', state: 'stored' }, 'a', 'answer'],
    [{ leaseId: 'a', state: 'running' }, 'b', 'conflict'],
    [{ leaseId: 'a', state: 'stored' }, 'b', 'conflict'],
    [{ leaseId: 'a', state: 'stored' }, undefined, 'conflict'],
    [{ state: 'running' }, undefined, 'conflict'],
    [{ state: 'stored' }, undefined, 'conflict'],
    [{ state: 'running' }, 'a', 'conflict'],
  ] as const)('a node that knows %j answers lease %s with %s', (known, lease, decision) => {
    expect(decideRun(known, lease)).toBe(decision);
  });
});
