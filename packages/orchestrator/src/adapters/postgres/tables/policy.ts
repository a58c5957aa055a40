import type {
  CreatedAt,
  Decision,
  Defaulted,
  Id,
  JsonObject,
  Jsonb,
  NullableJsonb,
  UpdatedAt,
} from './columns.ts';

/**
 * See docs/reference/database.md#policy-tables; `subject_id` is null exactly for subject `system`.
 */
export interface AccessControlRulesTable {
  id: Id;
  subject_type: 'system' | 'user' | 'group' | 'project' | 'task' | 'agent';
  subject_id: string | null;
  action: string;
  resource_type: string;
  resource_pattern: string;
  effect: Decision;
  /** Higher first. */
  priority: Defaulted<number>;
  conditions: NullableJsonb<JsonObject>;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
  updated_by: string;
}

/** See docs/reference/database.md#policy-tables. */
export interface AccessControlAuditLogTable {
  id: Id;
  subject_type: string | null;
  subject_id: string | null;
  action: string;
  resource_type: string;
  resource: string;
  decision: Decision;
  reason: string | null;
  task_id: string | null;
  user_id: string | null;
  group_ids: NullableJsonb<readonly string[]>;
  role_names: NullableJsonb<readonly string[]>;
  scope_type: string | null;
  scope_id: string | null;
  rule_id: string | null;
  request_id: string | null;
  created_at: CreatedAt;
}

/** Type of a preference's or setting's value. */
export type SettingValueType = 'string' | 'number' | 'boolean' | 'object' | 'array';

/** See docs/reference/database.md#policy-tables; JSON null masks lower scopes. */
export interface PreferenceEntriesTable {
  id: Id;
  scope_type: 'system' | 'user' | 'group' | 'project' | 'task';
  scope_id: string | null;
  key: string;
  value: Jsonb<unknown>;
  value_type: SettingValueType;
  version: Defaulted<number>;
  updated_at: UpdatedAt;
  updated_by: string;
}

/** See docs/reference/database.md#policy-tables. */
export interface PreferenceAuditLogTable {
  id: Id;
  entry_id: string | null;
  scope_type: 'system' | 'user' | 'group' | 'project' | 'task';
  scope_id: string | null;
  key: string;
  operation: 'create' | 'update' | 'delete';
  old_value: NullableJsonb<unknown>;
  new_value: NullableJsonb<unknown>;
  changed_at: CreatedAt;
  changed_by: string;
  reason: string | null;
}

/**
 * See docs/reference/database.md#policy-tables; the database refuses a value of another type than
 * `value_type`.
 */
export interface SystemSettingsTable {
  key: string;
  value: Jsonb<unknown>;
  value_type: SettingValueType;
  version: Defaulted<number>;
  updated_at: UpdatedAt;
  updated_by: string;
}

/** See docs/reference/database.md#policy-tables. */
export interface SystemSettingsAuditLogTable {
  id: Id;
  key: string;
  old_value: NullableJsonb<unknown>;
  new_value: NullableJsonb<unknown>;
  changed_at: CreatedAt;
  changed_by: string;
  reason: string | null;
}

/**
 * Facts the processes share, such as `pm_model`; not for operators.
 * See docs/reference/database.md#policy-tables.
 */
export interface OrchestratorStateTable {
  key: string;
  value: Jsonb<unknown>;
  updated_at: UpdatedAt;
}
