import type { Verdict } from '@cynodeai/contracts/agents';
import { describe, expect, it } from 'vitest';
import { faultsOfVerdict, findingsOf } from './judge-verdict.ts';

const jobId = '018f0000-0000-7000-8000-000000000001';
const sources = new Map([
  ['stdout', 'a  table\nof words'],
  ['exit_code', '0'],
  ['artifacts/n.txt', 'three'],
]);
const one = (more: Partial<Verdict['criteria'][number]> = {}): Verdict => ({
  status: 'pass',
  criteria: [
    { criterion: 1, met: true, message: 'yes', source: 'stdout', quote: 'table of', ...more },
  ],
  recommended_actions: [],
});
const faults = (verdict: Verdict) => faultsOfVerdict(verdict, ['a table'], sources);

describe('a verdict', () => {
  it('counts with a quote of what was fetched, however its lines are broken', () => {
    expect(faults(one())).toEqual([]);
    expect(faults(one({ source: 'exit_code', quote: '0' }))).toEqual([]);
    expect(faults(one({ source: 'artifacts/n.txt', quote: 'three' }))).toEqual([]);
    expect(faults({ ...one({ met: false, quote: '' }), status: 'fail' })).toEqual([]);
  });

  it.each([
    [one({ quote: 'chair' })],
    [one({ source: 'exit_code', quote: '' })],
    [one({ source: '', quote: 'table' })],
    [one({ criterion: 2 })],
    [{ ...one(), criteria: [...one().criteria, { ...one().criteria[0], criterion: 2 } as never] }],
    [{ ...one(), status: 'fail' as const }],
    [{ ...one(), criteria: [] }],
  ])('does not without: %o', (verdict) => {
    expect(faults(verdict)).not.toEqual([]);
  });

  it('that needs the user is not held against anything', () => {
    const verdict = { ...one(), status: 'needs_clarification' as const, criteria: [] };
    expect(faults(verdict)).toEqual([]);
    expect(findingsOf(verdict, ['a table'], jobId)).toMatchObject([{ severity: 'major' }]);
  });

  it('is kept with where each thing stands, in bounded words', () => {
    const long = 'x'.repeat(10_000);
    const [kept] = findingsOf(
      one({ source: 'artifacts/n.txt', quote: long, message: long }),
      ['a table'],
      jobId,
    );
    expect(kept).toMatchObject({
      severity: 'info',
      criterion: 'a table',
      evidence: [{ kind: 'artifact', job_id: jobId, artifact_path: 'n.txt' }],
    });
    expect(JSON.stringify(kept).length).toBeLessThan(2500);
    expect(findingsOf(one({ criterion: 9, met: false }), ['a table'], jobId)).toMatchObject([
      { severity: 'major', criterion: 'criterion 9', evidence: [{ kind: 'job' }] },
    ]);
    const many = { ...one(), criteria: Array.from({ length: 200 }, () => one().criteria).flat() };
    expect(findingsOf(many, ['a table'], jobId)).toHaveLength(100);
  });
});
