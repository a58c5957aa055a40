import { sql } from 'kysely';
import type { SettingRecord } from '../../../domain/settings/setting.ts';

export interface SettingRow {
  readonly key: string;
  readonly value: unknown;
  readonly value_type: SettingRecord['valueType'];
  readonly version: number;
  readonly updated_at: Date;
  readonly updated_by: string;
}

/** Columns of a setting. */
export const settingColumns = sql`key, value, value_type, version, updated_at, updated_by`;

export function settingOf(row: SettingRow): SettingRecord {
  return {
    key: row.key,
    value: row.value,
    valueType: row.value_type,
    version: row.version,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  };
}
