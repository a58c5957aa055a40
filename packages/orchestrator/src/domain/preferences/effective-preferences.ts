import { valueTypeOf } from '../settings/setting.ts';
import { type PreferenceRecord, type PreferenceRef, preferenceScopes } from './preference.ts';

/** A preference that says nothing, and why. */
export interface InvalidPreference extends PreferenceRef {
  readonly reason: string;
}

/** What holds for a task or a project. */
export interface EffectivePreferences {
  /** In order of keys; null is a preference too, which masks weaker ones. */
  readonly effective: Readonly<Record<string, unknown>>;
  /** Where each of them comes from, in the same order. */
  readonly sources: readonly PreferenceRecord[];
  readonly invalid: readonly InvalidPreference[];
}

const compare = <T>(one: T, other: T): number => (one === other ? 0 : one < other ? -1 : 1);

const rank = ({ scopeType }: PreferenceRef): number => preferenceScopes.indexOf(scopeType);

/** The weaker first. Several groups go by their ids, whenever they were written. */
function byStrength(one: PreferenceRecord, other: PreferenceRecord): number {
  return (
    rank(one) - rank(other) ||
    compare(one.scopeId ?? '', other.scopeId ?? '') ||
    one.updatedAt.getTime() - other.updatedAt.getTime() ||
    compare(one.id, other.id)
  );
}

/** What is wrong with a stored preference; undefined when its value is of its type. */
function faultOf({ value, valueType }: PreferenceRecord): string | undefined {
  const type = valueTypeOf(value);
  if (type === undefined || type === valueType) return undefined;
  return `the value is of type ${type}, not ${valueType}`;
}

/**
 * Folds the preferences of all scopes of a task or a project: task > project > user > group > system. One whose value is
 * of another type than it says is left out and named. The order in which they come makes no difference.
 * See docs/reference/settings.md#preferences.
 */
export function effectivePreferences(entries: readonly PreferenceRecord[]): EffectivePreferences {
  const winners = new Map<string, PreferenceRecord>();
  const invalid: InvalidPreference[] = [];
  for (const entry of entries.toSorted(byStrength)) {
    const reason = faultOf(entry);
    if (reason === undefined) winners.set(entry.key, entry);
    else
      invalid.push({ scopeType: entry.scopeType, scopeId: entry.scopeId, key: entry.key, reason });
  }
  const sources = [...winners.values()].toSorted((one, other) => compare(one.key, other.key));
  return {
    effective: Object.fromEntries(sources.map(({ key, value }) => [key, value])),
    sources,
    invalid,
  };
}
