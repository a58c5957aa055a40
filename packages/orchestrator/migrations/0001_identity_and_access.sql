-- breaking: false
-- transaction: true
-- formerly: ead80c9b256d947ff77133c0d42d0bd4a0cd629b46cad95dd2cc16b1c16f4d99
-- See docs/reference/database.md#identity-tables and docs/reference/database.md#policy-tables.

CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  handle text NOT NULL,
  email text,
  is_active boolean NOT NULL DEFAULT true,
  external_source text,
  external_id text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT users_email_key UNIQUE (email),
  CONSTRAINT users_external_source_external_id_key UNIQUE (external_source, external_id)
);
CREATE UNIQUE INDEX users_handle_key ON users (lower(handle));
CREATE INDEX users_is_active_idx ON users (is_active);

CREATE TABLE projects (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  slug text NOT NULL,
  display_name text NOT NULL,
  description text,
  is_active boolean NOT NULL DEFAULT true,
  owner_user_id uuid,
  is_default boolean NOT NULL DEFAULT false,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_by text NOT NULL,
  CONSTRAINT projects_slug_key UNIQUE (slug),
  CONSTRAINT projects_owner_user_id_fkey FOREIGN KEY (owner_user_id) REFERENCES users ON DELETE RESTRICT,
  CONSTRAINT projects_default_owner_check CHECK (NOT is_default OR owner_user_id IS NOT NULL)
);
CREATE INDEX projects_is_active_idx ON projects (is_active);
CREATE INDEX projects_owner_user_id_idx ON projects (owner_user_id);
CREATE UNIQUE INDEX projects_default_owner_key ON projects (owner_user_id) WHERE is_default;

CREATE TABLE groups (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  slug text NOT NULL,
  display_name text NOT NULL,
  is_active boolean NOT NULL DEFAULT true,
  external_source text,
  external_id text,
  managed_by text,
  last_synced_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_by text NOT NULL,
  CONSTRAINT groups_slug_key UNIQUE (slug),
  CONSTRAINT groups_managed_by_check CHECK (managed_by IN ('local', 'external_sync'))
);
CREATE INDEX groups_is_active_idx ON groups (is_active);

CREATE TABLE roles (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  description text,
  max_sensitivity_level text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT roles_name_key UNIQUE (name)
);

CREATE TABLE password_credentials (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL,
  password_hash bytea NOT NULL,
  hash_alg text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT password_credentials_user_id_key UNIQUE (user_id),
  CONSTRAINT password_credentials_user_id_fkey FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE,
  CONSTRAINT password_credentials_hash_alg_check CHECK (hash_alg IN ('argon2id', 'bcrypt'))
);

CREATE TABLE refresh_sessions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL,
  refresh_token_hash bytea NOT NULL,
  refresh_token_kid text,
  is_active boolean NOT NULL DEFAULT true,
  expires_at timestamptz(3) NOT NULL,
  last_used_at timestamptz(3),
  previous_token_hash bytea,
  revoked_at timestamptz(3),
  revoked_reason text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT refresh_sessions_refresh_token_hash_key UNIQUE (refresh_token_hash),
  CONSTRAINT refresh_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE
);
CREATE INDEX refresh_sessions_user_id_idx ON refresh_sessions (user_id);
CREATE INDEX refresh_sessions_is_active_expires_at_idx ON refresh_sessions (is_active, expires_at);
CREATE INDEX refresh_sessions_previous_token_hash_idx ON refresh_sessions (previous_token_hash);

CREATE TABLE user_api_keys (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL,
  name text NOT NULL,
  key_hash bytea NOT NULL,
  is_active boolean NOT NULL DEFAULT true,
  expires_at timestamptz(3),
  last_used_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT user_api_keys_key_hash_key UNIQUE (key_hash),
  CONSTRAINT user_api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE
);
CREATE INDEX user_api_keys_user_id_idx ON user_api_keys (user_id);

CREATE TABLE group_memberships (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  group_id uuid NOT NULL,
  user_id uuid NOT NULL,
  is_active boolean NOT NULL DEFAULT true,
  external_source text,
  external_id text,
  managed_by text,
  last_synced_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_by text NOT NULL,
  CONSTRAINT group_memberships_group_id_user_id_key UNIQUE (group_id, user_id),
  CONSTRAINT group_memberships_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups ON DELETE RESTRICT,
  CONSTRAINT group_memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES users ON DELETE RESTRICT,
  CONSTRAINT group_memberships_managed_by_check CHECK (managed_by IN ('local', 'external_sync'))
);
CREATE INDEX group_memberships_user_id_idx ON group_memberships (user_id);
CREATE INDEX group_memberships_is_active_idx ON group_memberships (is_active);

CREATE TABLE role_bindings (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  subject_type text NOT NULL,
  subject_id uuid NOT NULL,
  role_id uuid NOT NULL,
  scope_type text NOT NULL,
  scope_id uuid,
  is_active boolean NOT NULL DEFAULT true,
  managed_by text,
  last_synced_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_by text NOT NULL,
  CONSTRAINT role_bindings_role_id_fkey FOREIGN KEY (role_id) REFERENCES roles ON DELETE RESTRICT,
  CONSTRAINT role_bindings_grant_key UNIQUE NULLS NOT DISTINCT (subject_type, subject_id, role_id, scope_type, scope_id),
  CONSTRAINT role_bindings_subject_type_check CHECK (subject_type IN ('user', 'group')),
  CONSTRAINT role_bindings_scope_type_check CHECK (scope_type IN ('system', 'project')),
  CONSTRAINT role_bindings_scope_id_check CHECK ((scope_type = 'system') = (scope_id IS NULL)),
  CONSTRAINT role_bindings_managed_by_check CHECK (managed_by IN ('local', 'external_sync'))
);
CREATE INDEX role_bindings_role_id_idx ON role_bindings (role_id);
CREATE INDEX role_bindings_scope_type_scope_id_idx ON role_bindings (scope_type, scope_id);
CREATE INDEX role_bindings_is_active_idx ON role_bindings (is_active);

CREATE TABLE access_control_rules (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  subject_type text NOT NULL,
  subject_id uuid,
  action text NOT NULL,
  resource_type text NOT NULL,
  resource_pattern text NOT NULL,
  effect text NOT NULL,
  priority int NOT NULL DEFAULT 0,
  conditions jsonb,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_by text NOT NULL,
  CONSTRAINT access_control_rules_subject_type_check
    CHECK (subject_type IN ('system', 'user', 'group', 'project', 'task', 'agent')),
  CONSTRAINT access_control_rules_subject_id_check CHECK ((subject_type = 'system') = (subject_id IS NULL)),
  CONSTRAINT access_control_rules_effect_check CHECK (effect IN ('allow', 'deny')),
  CONSTRAINT access_control_rules_conditions_check CHECK (jsonb_typeof(conditions) = 'object')
);
CREATE INDEX access_control_rules_subject_type_subject_id_idx ON access_control_rules (subject_type, subject_id);
CREATE INDEX access_control_rules_action_idx ON access_control_rules (action);
CREATE INDEX access_control_rules_resource_type_idx ON access_control_rules (resource_type);
CREATE INDEX access_control_rules_priority_idx ON access_control_rules (priority);

CREATE TABLE preference_entries (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  scope_type text NOT NULL,
  scope_id uuid,
  key text NOT NULL,
  value jsonb NOT NULL,
  value_type text NOT NULL,
  version int NOT NULL DEFAULT 1,
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_by text NOT NULL,
  CONSTRAINT preference_entries_scope_key UNIQUE NULLS NOT DISTINCT (scope_type, scope_id, key),
  CONSTRAINT preference_entries_scope_type_check
    CHECK (scope_type IN ('system', 'user', 'group', 'project', 'task')),
  CONSTRAINT preference_entries_scope_id_check CHECK ((scope_type = 'system') = (scope_id IS NULL)),
  CONSTRAINT preference_entries_value_type_check
    CHECK (value_type IN ('string', 'number', 'boolean', 'object', 'array'))
);
CREATE INDEX preference_entries_key_idx ON preference_entries (key);

CREATE TABLE system_settings (
  key text PRIMARY KEY,
  value jsonb NOT NULL,
  value_type text NOT NULL,
  version int NOT NULL DEFAULT 1,
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_by text NOT NULL,
  CONSTRAINT system_settings_value_type_check
    CHECK (value_type IN ('string', 'number', 'boolean', 'object', 'array')),
  CONSTRAINT system_settings_value_check CHECK (jsonb_typeof(value) IN ('null', value_type))
);
CREATE INDEX system_settings_updated_at_idx ON system_settings (updated_at);

CREATE TABLE orchestrator_state (
  key text PRIMARY KEY,
  value jsonb NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
