import { actorId, bootstrapActor } from '../identity/actor.ts';

/** Who writes what the file states, as the rows name it. */
export const bootstrapId = actorId(bootstrapActor);

/** The row an entry of the file is about. */
export interface ImportTarget {
  /** Undefined when there is no row. */
  readonly current: { readonly value: unknown; readonly updatedBy: string } | undefined;
  /** Who removed the row last; undefined when there is one, or when there never was. */
  readonly removedBy: string | undefined;
}

/** What an import does with one entry: `write`, nothing because it is `same`, or nothing because an operator owns it: `keep`. */
export type ImportDecision = 'write' | 'same' | 'keep';

function byKey(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether two JSON values are equal, whatever the order of their keys. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [byKey(a), byKey(b)];
  return (
    left.length === right.length &&
    left.every(([key, value], at) => key === right[at]?.[0] && isSame(value, right[at][1]))
  );
}

/**
 * The file states initial values: what anybody else wrote or removed stays as they left it.
 * See docs/reference/settings.md#bootstrap-file (REQ-BOOTST-0102).
 */
export function decideImport({ current, removedBy }: ImportTarget, value: unknown): ImportDecision {
  if (current === undefined) {
    return removedBy === undefined || removedBy === bootstrapId ? 'write' : 'keep';
  }
  if (isSame(current.value, value)) return 'same';
  return current.updatedBy === bootstrapId ? 'write' : 'keep';
}
