import type { ExpectedTables } from './notation.ts';

const valueTypes = 'string number boolean object array';

/** See docs/reference/database.md. */
export const identityTables: ExpectedTables = {
  schema_migrations: {
    columns: 'version:C name checksum applied_at=now()',
    keys: ['version'],
  },
  users: {
    columns:
      'id handle email? is_active:bool=true external_source? external_id:text? created_at updated_at',
    keys: ['id', 'email', 'external_source, external_id'],
    indexes: ['unique lower(handle)', 'is_active'],
  },
  password_credentials: {
    columns: 'id user_id password_hash:bytea hash_alg created_at updated_at',
    keys: ['id', 'user_id'],
    references: ['user_id -> users C'],
    values: { hash_alg: 'argon2id bcrypt' },
  },
  refresh_sessions: {
    columns: `id user_id refresh_token_hash:bytea refresh_token_kid? is_active:bool=true expires_at
      last_used_at? created_at updated_at previous_token_hash:bytea? revoked_at? revoked_reason?`,
    keys: ['id', 'refresh_token_hash'],
    references: ['user_id -> users C'],
    indexes: ['is_active, expires_at', 'previous_token_hash'],
  },
  auth_attempts: {
    columns: 'key:C attempts:instants expires_at',
    keys: ['key'],
    indexes: ['expires_at'],
  },
  unknown_handle_failures: {
    columns: 'subject:C failures:instants expires_at',
    keys: ['subject'],
    indexes: ['expires_at'],
  },
  user_api_keys: {
    columns:
      'id user_id name key_hash:bytea is_active:bool=true expires_at? last_used_at? created_at',
    keys: ['id', 'key_hash'],
    references: ['user_id -> users C'],
  },
  projects: {
    columns: `id slug display_name description? is_active:bool=true owner_user_id?
      is_default:bool=false created_at updated_at updated_by`,
    keys: ['id', 'slug'],
    references: ['owner_user_id -> users'],
    rules: 1,
    indexes: ['is_active', 'unique owner_user_id where is_default'],
  },
  groups: {
    columns: `id slug display_name is_active:bool=true external_source? external_id:text? managed_by?
      last_synced_at? created_at updated_at updated_by`,
    keys: ['id', 'slug'],
    values: { managed_by: 'local external_sync' },
    indexes: ['is_active'],
  },
  group_memberships: {
    columns: `id group_id user_id is_active:bool=true external_source? external_id:text? managed_by?
      last_synced_at? created_at updated_at updated_by`,
    keys: ['id', 'group_id, user_id'],
    references: ['group_id -> groups', 'user_id -> users'],
    values: { managed_by: 'local external_sync' },
    indexes: ['is_active'],
  },
  roles: {
    columns: 'id name description? max_sensitivity_level? created_at updated_at',
    keys: ['id', 'name'],
  },
  role_bindings: {
    columns: `id subject_type subject_id role_id scope_type scope_id? is_active:bool=true managed_by?
      last_synced_at? created_at updated_at updated_by`,
    keys: ['id', 'nnd subject_type, subject_id, role_id, scope_type, scope_id'],
    references: ['role_id -> roles'],
    values: {
      subject_type: 'user group',
      scope_type: 'system project',
      managed_by: 'local external_sync',
    },
    rules: 1,
    indexes: ['scope_type, scope_id', 'is_active'],
  },
  access_control_rules: {
    columns: `id subject_type subject_id? action resource_type resource_pattern effect priority:int=0
      conditions:jsonb? created_at updated_at updated_by`,
    keys: ['id'],
    values: { subject_type: 'system user group project task agent', effect: 'allow deny' },
    rules: 2,
    indexes: ['subject_type, subject_id', 'action', 'resource_type', 'priority'],
  },
  access_control_audit_log: {
    columns: `id subject_type? subject_id? action resource_type resource decision reason? task_id?
      user_id? group_ids:jsonb? role_names:jsonb? scope_type? scope_id? rule_id? request_id:text?
      created_at seq:identity`,
    keys: ['id', 'seq'],
    values: { decision: 'allow deny' },
    indexes: ['created_at', 'task_id', 'user_id, created_at'],
  },
  preference_entries: {
    columns:
      'id scope_type scope_id? key value:jsonb value_type version:int=1 updated_at updated_by',
    keys: ['id', 'nnd scope_type, scope_id, key'],
    values: { scope_type: 'system user group project task', value_type: valueTypes },
    rules: 1,
    indexes: ['key'],
  },
  preference_audit_log: {
    columns: `id entry_id? scope_type scope_id? key operation old_value:jsonb? new_value:jsonb?
      changed_at changed_by reason?`,
    keys: ['id'],
    references: ['entry_id -> preference_entries N'],
    values: { operation: 'create update delete' },
    indexes: ['changed_at'],
  },
  system_settings: {
    columns: 'key value:jsonb value_type version:int=1 updated_at updated_by',
    keys: ['key'],
    values: { value_type: valueTypes },
    rules: 1,
    indexes: ['updated_at'],
  },
  system_settings_audit_log: {
    columns: 'id key old_value:jsonb? new_value:jsonb? changed_at changed_by reason? seq:identity',
    keys: ['id', 'seq'],
    indexes: ['key', 'changed_at'],
  },
  orchestrator_state: { columns: 'key value:jsonb updated_at', keys: ['key'] },
};
