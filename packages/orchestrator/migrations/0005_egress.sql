-- breaking: false
-- transaction: true
-- formerly: 291a4d51b3f34bdc829e9710e7acfbb1b270f2c210ffe712caaef46d3ed146f0
-- See docs/reference/database.md#tables-of-parts-to-come. The logs hold plain ids without foreign keys, so that a purge never
-- breaks them.

CREATE TABLE api_credentials (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  owner_type text NOT NULL,
  owner_id uuid NOT NULL,
  provider text NOT NULL,
  credential_type text NOT NULL,
  credential_name text NOT NULL,
  credential_ciphertext bytea NOT NULL,
  credential_kid text NOT NULL,
  is_active boolean NOT NULL DEFAULT true,
  expires_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_by text NOT NULL,
  CONSTRAINT api_credentials_owner_provider_name_key UNIQUE (owner_type, owner_id, provider, credential_name),
  CONSTRAINT api_credentials_owner_type_check CHECK (owner_type IN ('user', 'group')),
  CONSTRAINT api_credentials_credential_type_check
    CHECK (credential_type IN ('api_key', 'oauth_token', 'bearer_token'))
);
CREATE INDEX api_credentials_provider_idx ON api_credentials (provider);
CREATE INDEX api_credentials_is_active_idx ON api_credentials (is_active);

CREATE TABLE api_egress_call_log (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  completed_at timestamptz(3),
  request_id text NOT NULL,
  caller text,
  task_id uuid,
  project_id uuid,
  job_id uuid,
  run_id uuid,
  thread_id uuid,
  user_id uuid,
  subject_id uuid,
  credential_id uuid,
  matched_rule_id uuid,
  subject_type text,
  agent_type text,
  credential_owner_type text,
  group_ids jsonb,
  role_names jsonb,
  redaction_kinds jsonb,
  usage jsonb,
  provider text,
  operation text,
  model text,
  decision text NOT NULL,
  decision_reason text NOT NULL,
  status text,
  error_type text,
  provider_status int,
  attempts int,
  duration_ms int,
  upstream_duration_ms int,
  request_bytes bigint,
  response_bytes bigint,
  redaction_applied boolean,
  sanity_result text,
  sanity_category text,
  CONSTRAINT api_egress_call_log_caller_check CHECK (caller IN ('mcp_gateway', 'internal')),
  CONSTRAINT api_egress_call_log_agent_type_check
    CHECK (agent_type IN ('project_manager', 'project_analyst', 'sandbox', 'orchestrator')),
  CONSTRAINT api_egress_call_log_decision_check CHECK (decision IN ('allow', 'deny')),
  CONSTRAINT api_egress_call_log_status_check CHECK (status IN ('success', 'error'))
);
CREATE INDEX api_egress_call_log_created_at_idx ON api_egress_call_log (created_at);
CREATE INDEX api_egress_call_log_task_id_idx ON api_egress_call_log (task_id);
CREATE INDEX api_egress_call_log_user_id_created_at_idx ON api_egress_call_log (user_id, created_at);
CREATE INDEX api_egress_call_log_provider_operation_created_at_idx
  ON api_egress_call_log (provider, operation, created_at);

CREATE TABLE api_egress_idempotency (
  user_id uuid NOT NULL,
  provider text NOT NULL,
  operation text NOT NULL,
  key text NOT NULL,
  params_sha256 bytea NOT NULL,
  outcome jsonb,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  CONSTRAINT api_egress_idempotency_pkey PRIMARY KEY (user_id, provider, operation, key),
  CONSTRAINT api_egress_idempotency_key_check CHECK (char_length(key) <= 128)
);
CREATE INDEX api_egress_idempotency_expires_at_idx ON api_egress_idempotency (expires_at);

CREATE TABLE model_routing_decisions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  parent_decision_id uuid,
  request_id text NOT NULL,
  task_id uuid,
  project_id uuid,
  job_id uuid,
  run_id uuid,
  user_id uuid,
  node_id uuid,
  egress_call_id uuid,
  agent text,
  purpose text,
  outcome text NOT NULL,
  node_slug text,
  provider text,
  model_ref text,
  result_status text,
  primary_reason text NOT NULL,
  reasons jsonb NOT NULL,
  considered jsonb NOT NULL,
  policy_decision text NOT NULL,
  override jsonb,
  settings jsonb,
  duration_ms int,
  CONSTRAINT model_routing_decisions_agent_check
    CHECK (agent IN ('project_manager', 'project_analyst', 'sandbox', 'orchestrator', 'task')),
  CONSTRAINT model_routing_decisions_outcome_check CHECK (outcome IN ('local', 'external', 'refused')),
  CONSTRAINT model_routing_decisions_policy_decision_check
    CHECK (policy_decision IN ('allow', 'deny', 'not_evaluated'))
);
CREATE INDEX model_routing_decisions_created_at_idx ON model_routing_decisions (created_at);
CREATE INDEX model_routing_decisions_task_id_idx ON model_routing_decisions (task_id);
CREATE INDEX model_routing_decisions_outcome_provider_idx ON model_routing_decisions (outcome, provider);
CREATE INDEX model_routing_decisions_node_id_created_at_idx ON model_routing_decisions (node_id, created_at);

CREATE TABLE inference_usage (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  subject_id uuid NOT NULL,
  project_id uuid,
  task_id uuid,
  thread_id uuid,
  run_id uuid,
  model_id text NOT NULL,
  inference_path text NOT NULL,
  provider text,
  input_tokens int NOT NULL DEFAULT 0,
  output_tokens int NOT NULL DEFAULT 0,
  total_tokens int NOT NULL DEFAULT 0,
  cost_usd numeric,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT inference_usage_inference_path_check CHECK (inference_path IN ('local', 'external'))
);
CREATE INDEX inference_usage_subject_id_created_at_idx ON inference_usage (subject_id, created_at);
CREATE INDEX inference_usage_project_id_created_at_idx ON inference_usage (project_id, created_at);
CREATE INDEX inference_usage_task_id_idx ON inference_usage (task_id);
CREATE INDEX inference_usage_created_at_idx ON inference_usage (created_at);

CREATE TABLE secure_browser_fetch_log (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  completed_at timestamptz(3),
  request_id text NOT NULL,
  task_id uuid,
  project_id uuid,
  job_id uuid,
  run_id uuid,
  user_id uuid,
  agent_type text,
  requested_url text NOT NULL,
  final_url text,
  decision text NOT NULL,
  decision_reason text NOT NULL,
  status text,
  error_type text,
  http_status int,
  content_type text,
  redirect_count int,
  robots_applied boolean,
  robots_result text,
  bytes bigint,
  chars int,
  lines_removed int,
  sections_removed int,
  truncated boolean,
  redaction_applied boolean,
  rules_hash text,
  duration_ms int,
  CONSTRAINT secure_browser_fetch_log_agent_type_check
    CHECK (agent_type IN ('project_manager', 'project_analyst', 'sandbox', 'orchestrator')),
  CONSTRAINT secure_browser_fetch_log_robots_result_check
    CHECK (robots_result IN ('allowed', 'disallowed', 'not_checked'))
);
CREATE INDEX secure_browser_fetch_log_created_at_idx ON secure_browser_fetch_log (created_at);
CREATE INDEX secure_browser_fetch_log_task_id_idx ON secure_browser_fetch_log (task_id);
