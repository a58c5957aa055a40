-- breaking: false
-- transaction: true
-- formerly: cd5081de117b4c0ffe6aa79a6bc6902c0f183dd2d3d16052c561761b0f21ceee
-- Rate windows that several gateways share, and a lockout that a flood cannot slow down.
-- See docs/reference/identity-and-policy.md#throttling.

-- One row per address or handle, bounded in size and gone a minute after its last attempt. Unlogged, because a crash
-- may forget one minute of counting while every login would otherwise wait for one more disk write.
CREATE UNLOGGED TABLE auth_attempts (
  key text COLLATE "C" NOT NULL,
  attempts timestamptz(3)[] NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  CONSTRAINT auth_attempts_pkey PRIMARY KEY (key)
);
CREATE INDEX auth_attempts_expires_at_idx ON auth_attempts (expires_at);

CREATE INDEX auth_audit_log_password_checks_idx ON auth_audit_log (subject_handle, created_at)
  WHERE event_type IN ('login_success', 'login_failure') AND reason IS DISTINCT FROM 'rate_limited';
