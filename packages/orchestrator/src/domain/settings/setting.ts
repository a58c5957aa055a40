import type { Setting, SettingValueType } from '@cynodeai/contracts/gateway';

/** A system setting as it is stored. See docs/reference/database.md#policy-tables. */
export interface SettingRecord {
  readonly key: string;
  readonly value: unknown;
  readonly valueType: SettingValueType;
  /** 1 for a new row, one more with every write. */
  readonly version: number;
  readonly updatedAt: Date;
  /** `user:<uuid>`, `bootstrap` or `system`. */
  readonly updatedBy: string;
}

/** The setting as clients see it. */
export function settingView(setting: SettingRecord): Setting {
  return {
    key: setting.key,
    value: setting.value,
    value_type: setting.valueType,
    version: setting.version,
    updated_at: setting.updatedAt.toISOString(),
    updated_by: setting.updatedBy,
  };
}

/** JSON type of a value; undefined for null and for what JSON does not have. */
export function valueTypeOf(value: unknown): SettingValueType | undefined {
  if (Array.isArray(value)) return 'array';
  if (value === null) return undefined;
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' || type === 'object'
    ? type
    : undefined;
}
