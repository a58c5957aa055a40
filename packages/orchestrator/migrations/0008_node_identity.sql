-- breaking: false
-- transaction: true
-- Who registers a known slug proves that it is the same node, or has an administrator's word.
-- See docs/reference/nodes.md#identity.

-- A key pair rather than a secret: registrations cross plain HTTP, where one that was overheard must be worth nothing,
-- and what stands here must not help whoever reads the database.
-- identity_settled_at is null for nodes of older versions only: their next registration with a key settles them.
ALTER TABLE nodes
  ADD COLUMN identity_key text,
  ADD COLUMN identity_settled_at timestamptz(3),
  ADD COLUMN reregistration_expires_at timestamptz(3),
  ADD COLUMN registration_refused_at timestamptz(3),
  ADD COLUMN registration_refused_from inet;
