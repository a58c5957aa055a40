-- breaking: false
-- transaction: true
-- Workspaces that are kept between the tasks of one owner. See docs/reference/workspaces.md.

-- The content lies on one node. The holder is the job that may write there; one that has ended holds nothing, so that
-- nobody has to give a workspace back, and the lease of that job is the lease of the workspace.
CREATE TABLE workspaces (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  owner_id uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  node_id uuid,
  holder_job_id uuid,
  size_bytes bigint,
  last_used_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT workspaces_owner_id_name_key UNIQUE (owner_id, name),
  CONSTRAINT workspaces_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users ON DELETE CASCADE,
  CONSTRAINT workspaces_node_id_fkey FOREIGN KEY (node_id) REFERENCES nodes ON DELETE SET NULL
);
CREATE INDEX workspaces_node_id_idx ON workspaces (node_id);

ALTER TABLE jobs ADD COLUMN workspace_id uuid;
ALTER TABLE jobs ADD CONSTRAINT jobs_workspace_id_fkey
  FOREIGN KEY (workspace_id) REFERENCES workspaces ON DELETE SET NULL;
CREATE INDEX jobs_workspace_id_idx ON jobs (workspace_id);
