import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelCatalogue } from './model-catalogue.ts';

describe('the catalogue of models', () => {
  it('gives every model once, by name, available before loading before failed before evicted', () => {
    const catalogue = new ModelCatalogue();
    catalogue.setAvailable(['d', 'a']);
    catalogue.setAvailable(['d']);
    catalogue.beginLoading('b');
    catalogue.noteProgress('b', { completedBytes: 1, totalBytes: 2 });
    catalogue.noteProgress('unknown', { completedBytes: 1, totalBytes: 2 });
    catalogue.beginLoading('c');
    catalogue.endLoading('c', 'no such model');
    expect(catalogue.list()).toEqual([
      { modelRef: 'a', status: 'evicted' },
      { modelRef: 'b', status: 'loading', progress: { completedBytes: 1, totalBytes: 2 } },
      { modelRef: 'c', status: 'failed', error: 'no such model' },
      { modelRef: 'd', status: 'available' },
    ]);
    catalogue.endLoading('b');
    expect(catalogue.isAvailable('b')).toBe(true);
    catalogue.beginLoading('c');
    expect(catalogue.isLoading('c')).toBe(true);
    catalogue.setAvailable(['a', 'c']);
    expect(catalogue.list()).toMatchObject([
      { modelRef: 'a', status: 'available' },
      { modelRef: 'b', status: 'evicted' },
      { modelRef: 'c', status: 'available' },
      { modelRef: 'd', status: 'evicted' },
    ]);
  });

  it('stays small whatever the service lists and forgets', () => {
    const names = fc.array(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(names, { maxLength: 12 }), (rounds) => {
        const catalogue = new ModelCatalogue();
        for (const round of rounds) {
          for (const name of round) catalogue.endLoading(name, 'failed');
          catalogue.setAvailable(round);
        }
        const last = new Set(rounds.at(-1));
        const listed = catalogue.list();
        expect(listed.filter(({ status }) => status === 'available')).toHaveLength(last.size);
        expect(listed.length).toBeLessThanOrEqual(last.size + 400);
        expect(new Set(listed.map(({ modelRef }) => modelRef)).size).toBe(listed.length);
      }),
    );
  });
});
