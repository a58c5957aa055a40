import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPreference } from './check-preference.ts';
import { effectivePreferences } from './effective-preferences.ts';
import { type PreferenceRecord, preferenceScopes } from './preference.ts';

let counter = 0;
function entry(
  scopeType: PreferenceRecord['scopeType'],
  value: unknown,
  change: Partial<PreferenceRecord> = {},
): PreferenceRecord {
  counter += 1;
  return {
    id: `id-${counter}`,
    scopeType,
    scopeId: scopeType === 'system' ? undefined : `${scopeType}-1`,
    key: 'k',
    value,
    valueType: 'string',
    version: 1,
    updatedAt: new Date(0),
    updatedBy: 'system',
    ...change,
  };
}

describe('effective preferences', () => {
  it('take the strongest scope: task, project, user, group, system', () => {
    const all = preferenceScopes.map((scope) => entry(scope, scope));
    for (let count = all.length; count > 0; count -= 1) {
      const { effective, sources } = effectivePreferences(all.slice(0, count));
      expect(effective).toStrictEqual({ k: preferenceScopes[count - 1] });
      expect(sources).toStrictEqual([all[count - 1]]);
    }
    expect(effectivePreferences([])).toStrictEqual({ effective: {}, sources: [], invalid: [] });
  });

  it('leave out and name what is of another type, mask by null and keep unknown keys', () => {
    const { effective, invalid } = effectivePreferences([
      entry('user', 'held'),
      entry('task', 5),
      entry('user', 'a', { key: 'masked' }),
      entry('project', null, { key: 'masked' }),
      entry('system', { any: [1] }, { key: '__proto__', valueType: 'object' }),
    ]);
    expect(Object.entries(effective)).toStrictEqual([
      ['__proto__', { any: [1] }],
      ['k', 'held'],
      ['masked', null],
    ]);
    expect(invalid).toStrictEqual([
      {
        scopeType: 'task',
        scopeId: 'task-1',
        key: 'k',
        reason: 'the value is of type number, not string',
      },
    ]);
  });

  it('let the later group id win, then the later time, then the later id', () => {
    const later = { updatedAt: new Date(9) };
    const groups = [
      entry('group', 'g1', { scopeId: 'g1', ...later }),
      entry('group', 'g2', { scopeId: 'g2' }),
    ];
    expect(effectivePreferences(groups).effective).toStrictEqual({ k: 'g2' });
    const times = [entry('user', 'late', later), entry('user', 'early')];
    expect(effectivePreferences(times).effective).toStrictEqual({ k: 'late' });
    const ids = [entry('user', 'z', { id: 'z' }), entry('user', 'a', { id: 'a' })];
    expect(effectivePreferences(ids).effective).toStrictEqual({ k: 'z' });
  });

  it('are the same in whatever order entries come, and what the strongest valid one says', () => {
    const anyEntry = fc.record({
      id: fc.uuid(),
      scopeType: fc.constantFrom(...preferenceScopes),
      scopeId: fc.constantFrom('a', 'b', 'c'),
      key: fc.constantFrom('x', 'y'),
      value: fc.constantFrom('text', 1, null, true, [], {}),
      valueType: fc.constantFrom('string' as const, 'number' as const, 'array' as const),
      version: fc.constant(1),
      updatedAt: fc.integer({ min: 0, max: 3 }).map((ms) => new Date(ms)),
      updatedBy: fc.constant('system'),
    });
    const fits = ({ value, valueType }: PreferenceRecord): boolean =>
      value === null || (Array.isArray(value) ? 'array' : typeof value) === valueType;
    const strength = (one: PreferenceRecord): string =>
      [preferenceScopes.indexOf(one.scopeType), one.scopeId, one.updatedAt.getTime(), one.id].join(
        ' ',
      );
    fc.assert(
      fc.property(
        fc
          .uniqueArray(anyEntry, { maxLength: 8, selector: ({ id }) => id })
          .chain((entries) =>
            fc.tuple(
              fc.constant(entries),
              fc.shuffledSubarray(entries, { minLength: entries.length }),
            ),
          ),
        ([entries, shuffled]) => {
          const folded = effectivePreferences(entries);
          expect(effectivePreferences(shuffled)).toStrictEqual(folded);
          for (const key of ['x', 'y']) {
            const valid = entries.filter((one) => one.key === key && fits(one));
            const best = valid.toSorted((one, other) => (strength(one) < strength(other) ? 1 : -1));
            expect(folded.sources.find((one) => one.key === key)).toBe(best[0]);
          }
          expect(folded.invalid).toHaveLength(entries.filter((one) => !fits(one)).length);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a preference', () => {
  it('takes its type of its value, and of the statement for null', () => {
    expect(checkPreference('k', [1], undefined)).toBe('array');
    expect(checkPreference('k', null, 'number')).toBe('number');
  });

  it.each([
    ['two words', 1, undefined, 'key'],
    ['', 1, undefined, 'key'],
    ['k'.repeat(257), 1, undefined, 'key'],
    ['k', undefined, 'string', 'value'],
    ['k', null, undefined, 'value_type'],
    ['k', 'text', 'number', 'value_type'],
    ['k', 'x'.repeat(64 * 1024), undefined, 'value'],
    ['k', 'nul\0', undefined, 'value'],
    ['db.password', 'x', undefined, 'value'],
    ['k', { deep: [{ token: 'x' }] }, undefined, 'value'],
  ] as const)(
    '%s with a value that may not be is refused by its field',
    (key, value, type, field) => {
      expect(() => checkPreference(key, value, type)).toThrow(
        expect.objectContaining({ code: 'input_invalid', detail: { field } }),
      );
    },
  );
});
