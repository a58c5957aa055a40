-- breaking: false
-- transaction: true
-- One row for the refusals of a minute that are alike, so that nobody fills the database by being refused; see
-- docs/reference/identity-and-policy.md#audit. Rows without a `group_key` stay as they were: one event each, never changed.

ALTER TABLE auth_audit_log
  ADD COLUMN group_key text COLLATE "C",
  ADD COLUMN call_count int,
  ADD COLUMN last_at timestamptz(3),
  ADD CONSTRAINT auth_audit_log_group_check
    CHECK ((group_key IS NULL) = (call_count IS NULL) AND (group_key IS NULL) = (last_at IS NULL));
CREATE UNIQUE INDEX auth_audit_log_group_key_key ON auth_audit_log (group_key) WHERE group_key IS NOT NULL;

ALTER TABLE gateway_audit_log
  ADD COLUMN group_key text COLLATE "C",
  ADD COLUMN call_count int,
  ADD COLUMN last_at timestamptz(3),
  ADD CONSTRAINT gateway_audit_log_group_check
    CHECK ((group_key IS NULL) = (call_count IS NULL) AND (group_key IS NULL) = (last_at IS NULL));
CREATE UNIQUE INDEX gateway_audit_log_group_key_key ON gateway_audit_log (group_key) WHERE group_key IS NOT NULL;

-- Latest failed logins of handles nobody has, newest first, gone an hour after the last one. Logged like the rows of
-- handles somebody has, so that neither time nor a crash tells the two apart.
CREATE TABLE unknown_handle_failures (
  subject text COLLATE "C" NOT NULL,
  failures timestamptz(3)[] NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  CONSTRAINT unknown_handle_failures_pkey PRIMARY KEY (subject)
);
CREATE INDEX unknown_handle_failures_expires_at_idx ON unknown_handle_failures (expires_at);
