-- breaking: false
-- transaction: true
-- formerly: 8d3754362d56e7a23df25b3c65266c204783ff04e54e5eb6fdf07e7c3940ceb6
-- A node of another machine joins by a word that is good for once. See docs/reference/machines.md#join.

-- Both secrets stand here as hashes. A row that was used is the node's own key for its registrations from then on, so
-- that nobody carries the key all nodes share to another machine.
CREATE TABLE node_join_tokens (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  token_hash bytea NOT NULL,
  created_by uuid NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  used_at timestamptz(3),
  node_slug text COLLATE "C",
  key_hash bytea,
  CONSTRAINT node_join_tokens_token_hash_key UNIQUE (token_hash),
  CONSTRAINT node_join_tokens_key_hash_key UNIQUE (key_hash),
  CONSTRAINT node_join_tokens_created_by_fkey FOREIGN KEY (created_by) REFERENCES users ON DELETE RESTRICT,
  CONSTRAINT node_join_tokens_used_check
    CHECK ((used_at IS NULL) = (node_slug IS NULL) AND (used_at IS NULL) = (key_hash IS NULL))
);
CREATE INDEX node_join_tokens_created_by_idx ON node_join_tokens (created_by);
