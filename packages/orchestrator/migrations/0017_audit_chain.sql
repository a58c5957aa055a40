-- breaking: false
-- transaction: true
-- Rows of audit logs are sealed into a chain. See docs/reference/audit.md#chain.

-- Hashes of the rows one behind the other, so that a check names the row; null once the rows were removed, which is signed.
ALTER TABLE audit_seals
  ADD COLUMN row_hashes bytea,
  ADD COLUMN removed_at timestamptz(3),
  ADD COLUMN removal_key_id text,
  ADD COLUMN removal_signature bytea,
  ADD CONSTRAINT audit_seals_removed_check
    CHECK ((removed_at IS NULL) = (row_hashes IS NOT NULL)
      AND (removed_at IS NULL) = (removal_key_id IS NULL)
      AND (removed_at IS NULL) = (removal_signature IS NULL));

ALTER TABLE access_control_audit_log
  ADD COLUMN seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  ADD CONSTRAINT access_control_audit_log_seq_key UNIQUE (seq);

ALTER TABLE system_settings_audit_log
  ADD COLUMN seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  ADD CONSTRAINT system_settings_audit_log_seq_key UNIQUE (seq);
