-- breaking: false
-- transaction: true
-- formerly: 3835f8f75c8ebd8e3833c2b0e6a6998f455e894eaf4c2e520bbf6934a1433ed5
-- See docs/reference/database.md#tables-of-parts-to-come.

CREATE TABLE workflow_checkpoints (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  task_id uuid NOT NULL,
  state jsonb NOT NULL,
  last_node_id text NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT workflow_checkpoints_task_id_key UNIQUE (task_id),
  CONSTRAINT workflow_checkpoints_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks ON DELETE CASCADE
);
CREATE INDEX workflow_checkpoints_updated_at_idx ON workflow_checkpoints (updated_at);

CREATE TABLE task_workflow_leases (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  task_id uuid NOT NULL,
  lease_id uuid NOT NULL,
  holder_id text,
  expires_at timestamptz(3),
  run_id uuid,
  idempotency_key text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT task_workflow_leases_task_id_key UNIQUE (task_id),
  CONSTRAINT task_workflow_leases_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks ON DELETE CASCADE
);
CREATE INDEX task_workflow_leases_expires_at_idx ON task_workflow_leases (expires_at)
  WHERE expires_at IS NOT NULL;

CREATE TABLE task_verifications (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  task_id uuid NOT NULL,
  run_id uuid,
  job_id uuid,
  step_index int NOT NULL,
  attempt int NOT NULL,
  agent_type text NOT NULL,
  status text NOT NULL,
  findings jsonb NOT NULL,
  recommended_actions jsonb NOT NULL,
  preferences_applied jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT task_verifications_step_key UNIQUE (task_id, step_index, attempt, agent_type),
  CONSTRAINT task_verifications_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks ON DELETE CASCADE,
  CONSTRAINT task_verifications_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs ON DELETE SET NULL,
  CONSTRAINT task_verifications_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs ON DELETE SET NULL,
  CONSTRAINT task_verifications_agent_type_check
    CHECK (agent_type IN ('project_manager', 'project_analyst', 'sandbox', 'orchestrator')),
  CONSTRAINT task_verifications_status_check CHECK (status IN ('pass', 'fail', 'needs_clarification'))
);
CREATE INDEX task_verifications_run_id_idx ON task_verifications (run_id);
CREATE INDEX task_verifications_job_id_idx ON task_verifications (job_id);

CREATE TABLE agent_tokens (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  token_hash bytea NOT NULL,
  audience text NOT NULL,
  agent_type text NOT NULL,
  user_id uuid,
  project_id uuid,
  task_id uuid,
  job_id uuid,
  session_id uuid,
  expires_at timestamptz(3) NOT NULL,
  revoked_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT agent_tokens_token_hash_key UNIQUE (token_hash),
  CONSTRAINT agent_tokens_audience_check CHECK (audience IN ('mcp', 'inference')),
  CONSTRAINT agent_tokens_agent_type_check
    CHECK (agent_type IN ('project_manager', 'project_analyst', 'sandbox', 'orchestrator'))
);
CREATE INDEX agent_tokens_expires_at_idx ON agent_tokens (expires_at);
CREATE INDEX agent_tokens_job_id_idx ON agent_tokens (job_id) WHERE job_id IS NOT NULL;

CREATE TABLE mcp_sessions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  agent_token_id uuid NOT NULL,
  last_used_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3),
  CONSTRAINT mcp_sessions_agent_token_id_fkey
    FOREIGN KEY (agent_token_id) REFERENCES agent_tokens ON DELETE CASCADE
);
CREATE INDEX mcp_sessions_agent_token_id_idx ON mcp_sessions (agent_token_id);
CREATE INDEX mcp_sessions_last_used_at_idx ON mcp_sessions (last_used_at);

CREATE TABLE agent_run_contexts (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL,
  project_id uuid,
  task_id uuid,
  run_id uuid,
  lease_id uuid,
  thread_id uuid,
  expires_at timestamptz(3) NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT agent_run_contexts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users ON DELETE RESTRICT
);
CREATE INDEX agent_run_contexts_user_id_idx ON agent_run_contexts (user_id);
CREATE INDEX agent_run_contexts_expires_at_idx ON agent_run_contexts (expires_at);

CREATE TABLE job_memories (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  job_id uuid NOT NULL,
  task_id uuid NOT NULL,
  key text NOT NULL,
  content text NOT NULL,
  summary text,
  size_bytes int NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT job_memories_job_id_key_key UNIQUE (job_id, key),
  CONSTRAINT job_memories_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs ON DELETE CASCADE
);

CREATE TABLE chat_threads (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL,
  project_id uuid,
  session_id uuid,
  title text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT chat_threads_user_id_fkey FOREIGN KEY (user_id) REFERENCES users ON DELETE RESTRICT,
  CONSTRAINT chat_threads_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects ON DELETE RESTRICT,
  CONSTRAINT chat_threads_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions ON DELETE RESTRICT
);
CREATE INDEX chat_threads_user_id_updated_at_idx ON chat_threads (user_id, updated_at);
CREATE INDEX chat_threads_project_id_updated_at_idx ON chat_threads (project_id, updated_at);
CREATE INDEX chat_threads_session_id_idx ON chat_threads (session_id);

CREATE TABLE chat_messages (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  thread_id uuid NOT NULL,
  role text NOT NULL,
  content text NOT NULL,
  metadata jsonb,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT chat_messages_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES chat_threads ON DELETE CASCADE,
  CONSTRAINT chat_messages_role_check CHECK (role IN ('user', 'assistant', 'system'))
);
CREATE INDEX chat_messages_thread_id_created_at_seq_idx ON chat_messages (thread_id, created_at, seq);

CREATE TABLE skills (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  scope text NOT NULL DEFAULT 'user',
  scope_id uuid,
  owner_id uuid,
  is_system boolean NOT NULL DEFAULT false,
  status text NOT NULL,
  quarantine jsonb,
  current_version int NOT NULL,
  content_sha256 text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_by text NOT NULL,
  CONSTRAINT skills_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users ON DELETE RESTRICT,
  CONSTRAINT skills_name_check CHECK (char_length(name) <= 128),
  CONSTRAINT skills_scope_check CHECK (scope IN ('user', 'group', 'project', 'global')),
  CONSTRAINT skills_scope_id_check CHECK ((scope IN ('group', 'project')) = (scope_id IS NOT NULL)),
  CONSTRAINT skills_owner_id_check CHECK (owner_id IS NOT NULL OR is_system),
  CONSTRAINT skills_status_check CHECK (status IN ('active', 'quarantined'))
);
CREATE INDEX skills_owner_id_idx ON skills (owner_id);
CREATE INDEX skills_scope_scope_id_idx ON skills (scope, scope_id);
CREATE INDEX skills_status_idx ON skills (status);

CREATE TABLE skill_versions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  skill_id uuid NOT NULL,
  version int NOT NULL,
  content text NOT NULL,
  content_sha256 text NOT NULL,
  scan_rules_version text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  CONSTRAINT skill_versions_skill_id_version_key UNIQUE (skill_id, version),
  CONSTRAINT skill_versions_skill_id_fkey FOREIGN KEY (skill_id) REFERENCES skills ON DELETE CASCADE
);
