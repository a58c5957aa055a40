-- breaking: false
-- transaction: true
-- Installs that applied 0013 in its first hour get what it has had since.

ALTER TABLE node_join_tokens
  ALTER COLUMN id SET DEFAULT gen_random_uuid(),
  ALTER COLUMN created_at SET DEFAULT now();
CREATE INDEX IF NOT EXISTS node_join_tokens_created_by_idx ON node_join_tokens (created_by);
