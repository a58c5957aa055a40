import { describe, expect, it } from 'vitest';
import { type ComparedLine, compare } from './compare.ts';
import type { Contender, Effort } from './line.ts';

const effort = (rounds: number): Effort => ({
  rounds,
  quick: true,
  signal: new AbortController().signal,
  say: () => {},
});

function contender(name: string, values: readonly (number | Error)[], calls: string[]): Contender {
  let next = 0;
  return {
    name,
    sample: async () => {
      calls.push(name);
      const value = values[next++ % values.length];
      if (typeof value === 'number') return value;
      throw value ?? new Error('no value');
    },
  };
}

function line(
  ours: readonly (number | Error)[],
  anchor: readonly number[],
  calls: string[] = [],
): ComparedLine {
  return {
    line: 'test',
    title: 'a test',
    unit: 'ms',
    comparison: 'ratio',
    ours: contender('ours', ours, calls),
    anchor: contender('anchor', anchor, calls),
    samples: 1,
    warmUp: 0,
    target: { limit: 1.5, sense: 'at_most' },
  };
}

describe('a comparison', () => {
  it('takes turns and changes who begins', async () => {
    const calls: string[] = [];
    await compare(line([1], [1], calls), effort(3));
    expect(calls).toEqual(['anchor', 'ours', 'ours', 'anchor', 'anchor', 'ours']);
  });

  it('is the median of the ratios of each round, not the ratio of the medians', async () => {
    const outcome = await compare(line([10, 20, 30], [10, 10, 30]), effort(3));
    expect(outcome.result).toMatchObject({ median: 1, min: 1, max: 2, count: 3 });
    expect(outcome.reached).toBe(true);
  });

  it('counts a failed sample, keeps its reason and does not call the target reached', async () => {
    const outcome = await compare(line([1, new Error('broken')], [1]), effort(4));
    expect(outcome.ours).toMatchObject({ failures: 2, firstFailure: 'broken', samples: 2 });
    expect(outcome.result?.count).toBe(2);
    expect(outcome.reached).toBe(false);
  });

  it('has no result when nothing worked', async () => {
    const outcome = await compare(line([new Error('broken')], [1]), effort(2));
    expect(outcome.result).toBeUndefined();
    expect(outcome.reached).toBeUndefined();
  });

  it('can be a difference, or stand alone', async () => {
    const both = line([12], [10]);
    const { result } = await compare({ ...both, comparison: 'difference' }, effort(1));
    expect(result?.median).toBe(2);
    const { anchor: _anchor, ...alone } = both;
    const value = await compare({ ...alone, comparison: 'value' }, effort(1));
    expect(value.result?.median).toBe(12);
  });

  it('ends when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('interrupted'));
    await expect(compare(line([1], [1]), { ...effort(1), signal })).rejects.toThrow('interrupted');
  });
});
