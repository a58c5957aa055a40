-- breaking: false
-- transaction: true
-- Folders that people sent for their tasks; see docs/reference/folders.md.

-- One's own only: whoever knows the hash of another's folder gains nothing by it.
-- last_used_at: sent, asked about or given to a task; what nobody used for long goes.
CREATE TABLE folders (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  owner_id uuid NOT NULL,
  sha256 text NOT NULL,
  size_bytes bigint NOT NULL,
  entries int NOT NULL,
  storage_ref text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  last_used_at timestamptz(3) NOT NULL,
  CONSTRAINT folders_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users ON DELETE CASCADE,
  CONSTRAINT folders_owner_id_sha256_key UNIQUE (owner_id, sha256)
);
CREATE INDEX folders_last_used_at_idx ON folders (last_used_at);
CREATE INDEX folders_storage_ref_idx ON folders (storage_ref);

-- A task that has ended lives on without its folder.
ALTER TABLE tasks
  ADD COLUMN folder_id uuid,
  ADD CONSTRAINT tasks_folder_id_fkey FOREIGN KEY (folder_id) REFERENCES folders ON DELETE SET NULL;
CREATE INDEX tasks_folder_id_idx ON tasks (folder_id);
