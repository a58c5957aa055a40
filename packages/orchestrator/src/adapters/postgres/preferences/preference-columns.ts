import { type RawBuilder, sql } from 'kysely';
import type { PreferenceRecord, PreferenceRef } from '../../../domain/preferences/preference.ts';

export interface PreferenceRow {
  readonly id: string;
  readonly scope_type: PreferenceRecord['scopeType'];
  readonly scope_id: string | null;
  readonly key: string;
  readonly value: unknown;
  readonly value_type: PreferenceRecord['valueType'];
  readonly version: number;
  readonly updated_at: Date;
  readonly updated_by: string;
}

/** Columns of a preference. */
export const preferenceColumns = sql`
  id, scope_type, scope_id, key, value, value_type, version, updated_at, updated_by`;

export function preferenceOf(row: PreferenceRow): PreferenceRecord {
  return {
    id: row.id,
    scopeType: row.scope_type,
    scopeId: row.scope_id ?? undefined,
    key: row.key,
    value: row.value,
    valueType: row.value_type,
    version: row.version,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  };
}

/** Condition for the rows of one scope; scope `system` has no id. */
export function isOfScope({ scopeType, scopeId }: Omit<PreferenceRef, 'key'>): RawBuilder<boolean> {
  return scopeId === undefined
    ? sql`scope_type = ${scopeType} and scope_id is null`
    : sql`scope_type = ${scopeType} and scope_id = ${scopeId}::uuid`;
}
