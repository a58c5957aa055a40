-- breaking: false
-- transaction: true
-- formerly: bd9253f5c4a7201424222236866a650fa3a8f4668fa12a2d863911e5a4903d65
-- See docs/reference/database.md#work-tables. Plans and personas are optional: their id columns have no foreign key yet.

CREATE TABLE tasks (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_by uuid NOT NULL,
  project_id uuid,
  plan_id uuid,
  name text,
  input_mode text NOT NULL DEFAULT 'prompt',
  status text NOT NULL DEFAULT 'pending',
  closed boolean NOT NULL DEFAULT false,
  prompt text,
  description text,
  acceptance_criteria jsonb,
  planning_state text,
  summary text,
  metadata jsonb,
  ended_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT tasks_created_by_fkey FOREIGN KEY (created_by) REFERENCES users ON DELETE RESTRICT,
  CONSTRAINT tasks_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects ON DELETE RESTRICT,
  CONSTRAINT tasks_input_mode_check CHECK (input_mode IN ('prompt', 'script', 'commands')),
  CONSTRAINT tasks_status_check
    CHECK (status IN ('pending', 'running', 'completed', 'failed', 'canceled', 'superseded')),
  CONSTRAINT tasks_closed_check CHECK (closed = (status IN ('completed', 'failed', 'canceled', 'superseded'))),
  CONSTRAINT tasks_ended_at_check CHECK (closed = (ended_at IS NOT NULL)),
  CONSTRAINT tasks_planning_state_check CHECK (planning_state IN ('draft', 'ready'))
);
CREATE UNIQUE INDEX tasks_created_by_name_key ON tasks (created_by, name) WHERE name IS NOT NULL;
CREATE INDEX tasks_created_by_created_at_id_idx ON tasks (created_by, created_at, id);
CREATE INDEX tasks_project_id_created_at_id_idx ON tasks (project_id, created_at, id);
CREATE INDEX tasks_created_at_id_idx ON tasks (created_at, id);
CREATE INDEX tasks_plan_id_idx ON tasks (plan_id);
CREATE INDEX tasks_status_idx ON tasks (status);
CREATE INDEX tasks_closed_idx ON tasks (closed);

CREATE TABLE jobs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  task_id uuid NOT NULL,
  persona_id uuid,
  node_id uuid,
  status text NOT NULL DEFAULT 'queued',
  payload jsonb,
  result jsonb,
  lease_id uuid,
  lease_expires_at timestamptz(3),
  attempt int NOT NULL DEFAULT 0,
  max_attempts int NOT NULL DEFAULT 3,
  next_attempt_at timestamptz(3),
  started_at timestamptz(3),
  ended_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT jobs_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks ON DELETE RESTRICT,
  CONSTRAINT jobs_node_id_fkey FOREIGN KEY (node_id) REFERENCES nodes ON DELETE RESTRICT,
  CONSTRAINT jobs_status_check
    CHECK (status IN ('queued', 'running', 'completed', 'failed', 'canceled', 'lease_expired')),
  CONSTRAINT jobs_running_lease_check CHECK (status <> 'running' OR lease_id IS NOT NULL)
);
CREATE INDEX jobs_task_id_idx ON jobs (task_id);
CREATE INDEX jobs_persona_id_idx ON jobs (persona_id) WHERE persona_id IS NOT NULL;
CREATE INDEX jobs_lease_id_idx ON jobs (lease_id) WHERE lease_id IS NOT NULL;
CREATE INDEX jobs_lease_expires_at_idx ON jobs (lease_expires_at) WHERE lease_expires_at IS NOT NULL;
CREATE INDEX jobs_node_id_idx ON jobs (node_id);
CREATE INDEX jobs_status_idx ON jobs (status);
CREATE INDEX jobs_created_at_idx ON jobs (created_at);
CREATE INDEX jobs_queued_idx ON jobs ((payload ->> 'kind'), created_at, id) WHERE status = 'queued';
CREATE INDEX jobs_running_idx ON jobs (node_id) WHERE status = 'running';

CREATE TABLE idempotency_keys (
  caller text NOT NULL,
  method text NOT NULL,
  path text NOT NULL,
  key text NOT NULL,
  request_sha256 bytea NOT NULL,
  status_code int,
  response jsonb,
  resource_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, method, path, key)
);
CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);

CREATE TABLE sessions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  parent_session_id uuid,
  user_id uuid NOT NULL,
  title text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT sessions_parent_session_id_fkey
    FOREIGN KEY (parent_session_id) REFERENCES sessions ON DELETE RESTRICT,
  CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users ON DELETE RESTRICT
);
CREATE INDEX sessions_parent_session_id_idx ON sessions (parent_session_id);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);
CREATE INDEX sessions_created_at_idx ON sessions (created_at);

CREATE TABLE runs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  task_id uuid NOT NULL,
  job_id uuid,
  session_id uuid,
  parent_run_id uuid,
  status text NOT NULL,
  started_at timestamptz(3),
  ended_at timestamptz(3),
  metadata jsonb,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT runs_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks ON DELETE RESTRICT,
  CONSTRAINT runs_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs ON DELETE RESTRICT,
  CONSTRAINT runs_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions ON DELETE RESTRICT,
  CONSTRAINT runs_parent_run_id_fkey FOREIGN KEY (parent_run_id) REFERENCES runs ON DELETE RESTRICT,
  CONSTRAINT runs_status_check CHECK (status IN ('pending', 'running', 'completed', 'failed', 'canceled'))
);
CREATE INDEX runs_task_id_idx ON runs (task_id);
CREATE INDEX runs_job_id_idx ON runs (job_id);
CREATE INDEX runs_session_id_idx ON runs (session_id);
CREATE INDEX runs_parent_run_id_idx ON runs (parent_run_id);
CREATE INDEX runs_status_idx ON runs (status);
CREATE INDEX runs_created_at_idx ON runs (created_at);

CREATE TABLE task_artifacts (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  task_id uuid NOT NULL,
  run_id uuid,
  job_id uuid,
  path text NOT NULL,
  storage_ref text NOT NULL,
  size_bytes bigint,
  content_type text,
  checksum_sha256 text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT task_artifacts_task_id_path_key UNIQUE (task_id, path),
  CONSTRAINT task_artifacts_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks ON DELETE CASCADE,
  CONSTRAINT task_artifacts_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs ON DELETE SET NULL,
  CONSTRAINT task_artifacts_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs ON DELETE SET NULL
);
CREATE INDEX task_artifacts_run_id_idx ON task_artifacts (run_id);
CREATE INDEX task_artifacts_job_id_idx ON task_artifacts (job_id);
CREATE INDEX task_artifacts_created_at_idx ON task_artifacts (created_at);
CREATE INDEX task_artifacts_storage_ref_idx ON task_artifacts (storage_ref) WHERE storage_ref LIKE 'file:%';

CREATE TABLE task_events (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id uuid NOT NULL,
  job_id uuid,
  event text NOT NULL,
  data jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT task_events_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks ON DELETE CASCADE,
  CONSTRAINT task_events_event_check CHECK (event IN
    ('task.status', 'job.status', 'job.log', 'workflow.plan', 'workflow.step', 'workflow.verification'))
);
CREATE INDEX task_events_task_id_seq_idx ON task_events (task_id, seq);
