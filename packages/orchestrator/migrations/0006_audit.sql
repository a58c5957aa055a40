-- breaking: false
-- transaction: true
-- formerly: 98029bcafac9c38f7ec80e54abc80ad07bd961b1ea98c8f74c498708e5b59058
-- See docs/reference/database.md#audit-tables. Append-only; ids of business rows are plain or set to null by a purge.

CREATE TABLE auth_audit_log (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  event_type text NOT NULL,
  user_id uuid,
  subject_handle text,
  success boolean NOT NULL,
  ip_address inet,
  user_agent text,
  reason text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT auth_audit_log_event_type_check CHECK (event_type IN (
    'login_success', 'login_failure', 'refresh_success', 'refresh_failure', 'logout', 'session_revoked',
    'user_created', 'user_disabled', 'user_reenabled', 'password_changed', 'password_reset',
    'node_registered', 'node_registration_failure'))
);
CREATE INDEX auth_audit_log_created_at_idx ON auth_audit_log (created_at);
CREATE INDEX auth_audit_log_user_id_idx ON auth_audit_log (user_id);
CREATE INDEX auth_audit_log_event_type_idx ON auth_audit_log (event_type);
CREATE INDEX auth_audit_log_subject_handle_created_at_idx ON auth_audit_log (subject_handle, created_at);

CREATE TABLE access_control_audit_log (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  subject_type text,
  subject_id uuid,
  action text NOT NULL,
  resource_type text NOT NULL,
  resource text NOT NULL,
  decision text NOT NULL,
  reason text,
  task_id uuid,
  user_id uuid,
  group_ids jsonb,
  role_names jsonb,
  scope_type text,
  scope_id uuid,
  rule_id uuid,
  request_id text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT access_control_audit_log_decision_check CHECK (decision IN ('allow', 'deny'))
);
CREATE INDEX access_control_audit_log_created_at_idx ON access_control_audit_log (created_at);
CREATE INDEX access_control_audit_log_task_id_idx ON access_control_audit_log (task_id);
CREATE INDEX access_control_audit_log_user_id_created_at_idx ON access_control_audit_log (user_id, created_at);

CREATE TABLE preference_audit_log (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  entry_id uuid,
  scope_type text NOT NULL,
  scope_id uuid,
  key text NOT NULL,
  operation text NOT NULL,
  old_value jsonb,
  new_value jsonb,
  changed_at timestamptz(3) NOT NULL DEFAULT now(),
  changed_by text NOT NULL,
  reason text,
  CONSTRAINT preference_audit_log_entry_id_fkey
    FOREIGN KEY (entry_id) REFERENCES preference_entries ON DELETE SET NULL,
  CONSTRAINT preference_audit_log_operation_check CHECK (operation IN ('create', 'update', 'delete'))
);
CREATE INDEX preference_audit_log_entry_id_idx ON preference_audit_log (entry_id);
CREATE INDEX preference_audit_log_changed_at_idx ON preference_audit_log (changed_at);

CREATE TABLE system_settings_audit_log (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  key text NOT NULL,
  old_value jsonb,
  new_value jsonb,
  changed_at timestamptz(3) NOT NULL DEFAULT now(),
  changed_by text NOT NULL,
  reason text
);
CREATE INDEX system_settings_audit_log_key_idx ON system_settings_audit_log (key);
CREATE INDEX system_settings_audit_log_changed_at_idx ON system_settings_audit_log (changed_at);

CREATE TABLE mcp_tool_call_audit_log (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  completed_at timestamptz(3),
  task_id uuid,
  project_id uuid,
  run_id uuid,
  job_id uuid,
  user_id uuid,
  subject_type text,
  subject_id uuid,
  group_ids jsonb,
  role_names jsonb,
  tool_name text NOT NULL,
  decision text NOT NULL,
  status text NOT NULL,
  duration_ms int,
  error_type text,
  agent_type text,
  request_id text,
  rule_id uuid,
  reason text,
  CONSTRAINT mcp_tool_call_audit_log_seq_key UNIQUE (seq),
  CONSTRAINT mcp_tool_call_audit_log_decision_check CHECK (decision IN ('allow', 'deny')),
  CONSTRAINT mcp_tool_call_audit_log_status_check CHECK (status IN ('success', 'error')),
  CONSTRAINT mcp_tool_call_audit_log_agent_type_check
    CHECK (agent_type IN ('project_manager', 'project_analyst', 'sandbox', 'orchestrator'))
);
CREATE INDEX mcp_tool_call_audit_log_created_at_idx ON mcp_tool_call_audit_log (created_at);
CREATE INDEX mcp_tool_call_audit_log_task_id_idx ON mcp_tool_call_audit_log (task_id);
CREATE INDEX mcp_tool_call_audit_log_project_id_idx ON mcp_tool_call_audit_log (project_id);
CREATE INDEX mcp_tool_call_audit_log_tool_name_idx ON mcp_tool_call_audit_log (tool_name);
CREATE INDEX mcp_tool_call_audit_log_user_id_created_at_idx ON mcp_tool_call_audit_log (user_id, created_at);
CREATE INDEX mcp_tool_call_audit_log_open_idx ON mcp_tool_call_audit_log (seq) WHERE completed_at IS NULL;

CREATE TABLE audit_seals (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  table_name text NOT NULL,
  from_seq bigint NOT NULL,
  to_seq bigint NOT NULL,
  row_count int NOT NULL,
  root_hash bytea NOT NULL,
  prev_seal_hash bytea,
  seal_hash bytea NOT NULL,
  key_id text NOT NULL,
  signature bytea NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT audit_seals_seal_hash_key UNIQUE (seal_hash),
  CONSTRAINT audit_seals_table_name_from_seq_key UNIQUE (table_name, from_seq),
  CONSTRAINT audit_seals_table_name_prev_seal_hash_key UNIQUE NULLS NOT DISTINCT (table_name, prev_seal_hash)
);

CREATE TABLE chat_audit_log (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  user_id uuid,
  project_id uuid,
  outcome text NOT NULL,
  error_code text,
  redaction_applied boolean NOT NULL,
  redaction_kinds jsonb,
  duration_ms int,
  request_id text,
  CONSTRAINT chat_audit_log_user_id_fkey FOREIGN KEY (user_id) REFERENCES users ON DELETE SET NULL,
  CONSTRAINT chat_audit_log_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects ON DELETE SET NULL,
  CONSTRAINT chat_audit_log_outcome_check CHECK (outcome IN ('success', 'error', 'canceled', 'timeout'))
);
CREATE INDEX chat_audit_log_created_at_idx ON chat_audit_log (created_at);
CREATE INDEX chat_audit_log_user_id_idx ON chat_audit_log (user_id);
CREATE INDEX chat_audit_log_project_id_idx ON chat_audit_log (project_id);

CREATE TABLE gateway_audit_log (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  request_id text NOT NULL,
  user_id uuid,
  group_ids jsonb,
  role_names jsonb,
  scope_type text,
  scope_id uuid,
  action text NOT NULL,
  resource_type text NOT NULL,
  resource_id text,
  decision text NOT NULL,
  status_code int NOT NULL,
  ip_address inet,
  duration_ms int,
  details jsonb,
  CONSTRAINT gateway_audit_log_decision_check CHECK (decision IN ('allow', 'deny'))
);
CREATE INDEX gateway_audit_log_created_at_idx ON gateway_audit_log (created_at);
CREATE INDEX gateway_audit_log_user_id_idx ON gateway_audit_log (user_id);
CREATE INDEX gateway_audit_log_resource_type_resource_id_idx ON gateway_audit_log (resource_type, resource_id);

CREATE TABLE skill_audit_log (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  skill_id uuid,
  actor text NOT NULL,
  action text NOT NULL,
  result text NOT NULL,
  category text,
  CONSTRAINT skill_audit_log_action_check CHECK (action IN ('load', 'update', 'delete', 'rescan')),
  CONSTRAINT skill_audit_log_result_check CHECK (result IN ('pass', 'fail'))
);
CREATE INDEX skill_audit_log_created_at_idx ON skill_audit_log (created_at);
