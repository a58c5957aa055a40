import { type ExpectedTables, agentTypes } from './notation.ts';

/**
 * See docs/reference/database.md#tables-of-parts-to-come and
 * docs/reference/database.md#audit-tables.
 */
export const auditTables: ExpectedTables = {
  api_credentials: {
    columns: `id owner_type owner_id provider credential_type credential_name
      credential_ciphertext:bytea credential_kid is_active:bool=true expires_at? created_at updated_at
      updated_by`,
    keys: ['id', 'owner_type, owner_id, provider, credential_name'],
    values: { owner_type: 'user group', credential_type: 'api_key oauth_token bearer_token' },
    indexes: ['provider', 'is_active'],
  },
  api_egress_call_log: {
    columns: `id created_at completed_at? request_id:text caller? task_id? project_id? job_id? run_id?
      thread_id? user_id? subject_id? credential_id? matched_rule_id? subject_type? agent_type?
      credential_owner_type? group_ids:jsonb? role_names:jsonb? redaction_kinds:jsonb? usage:jsonb?
      provider? operation? model? decision decision_reason status? error_type? provider_status:int?
      attempts:int? duration_ms:int? upstream_duration_ms:int? request_bytes:bigint?
      response_bytes:bigint? redaction_applied:bool? sanity_result? sanity_category?`,
    keys: ['id'],
    values: {
      caller: 'mcp_gateway internal',
      agent_type: agentTypes,
      decision: 'allow deny',
      status: 'success error',
    },
    indexes: ['created_at', 'task_id', 'user_id, created_at', 'provider, operation, created_at'],
  },
  api_egress_idempotency: {
    columns:
      'user_id provider operation key params_sha256:bytea outcome:jsonb? created_at expires_at',
    keys: ['user_id, provider, operation, key'],
    rules: 1,
    indexes: ['expires_at'],
  },
  model_routing_decisions: {
    columns: `id created_at parent_decision_id? request_id:text task_id? project_id? job_id? run_id?
      user_id? node_id? egress_call_id? agent? purpose? outcome node_slug? provider? model_ref?
      result_status? primary_reason reasons:jsonb considered:jsonb policy_decision override:jsonb?
      settings:jsonb? duration_ms:int?`,
    keys: ['id'],
    values: {
      agent: `${agentTypes} task`,
      outcome: 'local external refused',
      policy_decision: 'allow deny not_evaluated',
    },
    indexes: ['created_at', 'task_id', 'outcome, provider', 'node_id, created_at'],
  },
  inference_usage: {
    columns: `id subject_id project_id? task_id? thread_id? run_id? model_id:text inference_path
      provider? input_tokens:int=0 output_tokens:int=0 total_tokens:int=0 cost_usd:numeric?
      created_at`,
    keys: ['id'],
    values: { inference_path: 'local external' },
    indexes: ['subject_id, created_at', 'project_id, created_at', 'task_id', 'created_at'],
  },
  secure_browser_fetch_log: {
    columns: `id created_at completed_at? request_id:text task_id? project_id? job_id? run_id? user_id?
      agent_type? requested_url final_url? decision decision_reason status? error_type?
      http_status:int? content_type? redirect_count:int? robots_applied:bool? robots_result?
      bytes:bigint? chars:int? lines_removed:int? sections_removed:int? truncated:bool?
      redaction_applied:bool? rules_hash? duration_ms:int?`,
    keys: ['id'],
    values: { agent_type: agentTypes, robots_result: 'allowed disallowed not_checked' },
    indexes: ['created_at', 'task_id'],
  },
  auth_audit_log: {
    columns: `id event_type user_id? subject_handle? success:bool ip_address:inet? user_agent? reason?
      created_at group_key:C? call_count:int? last_at?`,
    keys: ['id'],
    rules: 1,
    values: {
      event_type: `login_success login_failure refresh_success refresh_failure logout session_revoked
        user_created user_disabled user_reenabled password_changed password_reset
        node_registered node_registration_failure`,
    },
    indexes: [
      'created_at',
      'user_id',
      'event_type',
      'subject_handle, created_at',
      'unique group_key where group_key IS NOT NULL',
      "subject_handle, created_at where (event_type = ANY (ARRAY['login_success', 'login_failure'])) AND (reason IS DISTINCT FROM 'rate_limited')",
    ],
  },
  mcp_tool_call_audit_log: {
    columns: `id seq:identity created_at completed_at? task_id? project_id? run_id? job_id? user_id?
      subject_type? subject_id? group_ids:jsonb? role_names:jsonb? tool_name decision status
      duration_ms:int? error_type? agent_type? request_id:text? rule_id? reason?`,
    keys: ['id', 'seq'],
    values: { decision: 'allow deny', status: 'success error', agent_type: agentTypes },
    indexes: [
      'created_at',
      'task_id',
      'project_id',
      'tool_name',
      'user_id, created_at',
      'seq where completed_at IS NULL',
    ],
  },
  audit_seals: {
    columns: `id table_name from_seq:bigint to_seq:bigint row_count:int root_hash:bytea
      prev_seal_hash:bytea? seal_hash:bytea key_id:text signature:bytea created_at
      row_hashes:bytea? removed_at? removal_key_id:text? removal_signature:bytea?`,
    keys: ['id', 'seal_hash', 'table_name, from_seq', 'nnd table_name, prev_seal_hash'],
    rules: 1,
  },
  chat_audit_log: {
    columns: `id created_at user_id? project_id? outcome error_code? redaction_applied:bool
      redaction_kinds:jsonb? duration_ms:int? request_id:text?`,
    keys: ['id'],
    references: ['user_id -> users N', 'project_id -> projects N'],
    values: { outcome: 'success error canceled timeout' },
    indexes: ['created_at'],
  },
  gateway_audit_log: {
    columns: `id created_at request_id:text user_id? group_ids:jsonb? role_names:jsonb? scope_type?
      scope_id? action resource_type resource_id:text? decision status_code:int ip_address:inet?
      duration_ms:int? details:jsonb? group_key:C? call_count:int? last_at?`,
    keys: ['id'],
    values: { decision: 'allow deny' },
    rules: 1,
    indexes: [
      'created_at',
      'user_id',
      'resource_type, resource_id',
      'unique group_key where group_key IS NOT NULL',
    ],
  },
};
