-- breaking: false
-- transaction: true
-- Secrets of users for their jobs, sealed for the control plane's key: who writes them here cannot read them.
-- See docs/reference/sandbox.md#secrets.

CREATE TABLE job_secrets (
  owner_id uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  value_ciphertext text NOT NULL,
  value_kid text NOT NULL,
  size_bytes int NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT job_secrets_pkey PRIMARY KEY (owner_id, name),
  CONSTRAINT job_secrets_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users ON DELETE CASCADE
);
