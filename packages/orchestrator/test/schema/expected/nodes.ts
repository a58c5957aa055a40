import type { ExpectedTables } from './notation.ts';

/**
 * See docs/reference/database.md#node-tables and
 * docs/reference/database.md#tables-of-parts-to-come.
 */
export const nodeTables: ExpectedTables = {
  nodes: {
    columns: `id node_slug:C status enabled:bool=true config_version:C? config_desired_version:C?
      config_desired_hash? worker_api_target_url? worker_api_bearer_token?
      worker_api_bearer_token_next? worker_api_token_expires_at? config_ack_at? config_ack_status?
      config_ack_error? capability_hash? jwt_epoch:int=0 last_seen_at? last_capability_at?
      metadata:jsonb? created_at updated_at identity_key? identity_settled_at?
      reregistration_expires_at? registration_refused_at? registration_refused_from:inet?`,
    keys: ['id', 'node_slug'],
    values: {
      status: 'registered active inactive drained',
      config_ack_status: 'applied failed rolled_back',
    },
    indexes: ['status', 'last_seen_at'],
  },
  node_capabilities: {
    columns: 'id node_id reported_at capability_snapshot:jsonb',
    keys: ['id', 'node_id'],
    references: ['node_id -> nodes C'],
  },
  node_config_versions: {
    columns:
      'node_id config_version:C content_hash connectivity_hash? inference_enabled:bool issued_at',
    keys: ['node_id, config_version'],
    references: ['node_id -> nodes C'],
  },
  node_join_tokens: {
    columns:
      'id token_hash:bytea created_by:uuid created_at expires_at used_at? node_slug:C? key_hash:bytea?',
    keys: ['id', 'token_hash', 'key_hash'],
    references: ['created_by -> users'],
    rules: 1,
  },
  node_telemetry: {
    columns: 'node_id pulled_at info:jsonb? stats:jsonb? containers:jsonb? error?',
    keys: ['node_id'],
    references: ['node_id -> nodes C'],
  },
  sandbox_images: {
    columns: 'id name description? created_at updated_at updated_by',
    keys: ['id', 'name'],
  },
  sandbox_image_versions: {
    columns: `id sandbox_image_id version image_ref image_digest? capabilities:jsonb={}
      is_allowed:bool=false created_at updated_at`,
    keys: ['id', 'sandbox_image_id, version', 'image_ref'],
    references: ['sandbox_image_id -> sandbox_images'],
    indexes: ['is_allowed'],
  },
  node_sandbox_image_availability: {
    columns: 'id node_id sandbox_image_version_id status last_checked_at details:jsonb?',
    keys: ['id', 'node_id, sandbox_image_version_id'],
    references: ['node_id -> nodes C', 'sandbox_image_version_id -> sandbox_image_versions C'],
    values: { status: 'available pulling failed evicted' },
  },
  models: {
    columns: 'id name vendor? description? created_at updated_at updated_by',
    keys: ['id', 'nnd name, vendor'],
  },
  model_versions: {
    columns:
      'id model_id version capabilities:jsonb={} default_parameters:jsonb? created_at updated_at',
    keys: ['id', 'model_id, version'],
    references: ['model_id -> models'],
  },
  node_model_availability: {
    columns: 'id node_id model_version_id status last_checked_at details:jsonb?',
    keys: ['id', 'node_id, model_version_id'],
    references: ['node_id -> nodes C', 'model_version_id -> model_versions C'],
    values: { status: 'available loading failed evicted' },
  },
  skills: {
    columns: `id name scope=user scope_id? owner_id? is_system:bool=false status quarantine:jsonb?
      current_version:int content_sha256 created_at updated_at updated_by`,
    keys: ['id'],
    references: ['owner_id -> users'],
    values: { scope: 'user group project global', status: 'active quarantined' },
    rules: 3,
    indexes: ['scope, scope_id', 'status'],
  },
  skill_versions: {
    columns: `id skill_id version:int content content_sha256 scan_rules_version created_at created_by`,
    keys: ['id', 'skill_id, version'],
    references: ['skill_id -> skills C'],
  },
  skill_audit_log: {
    columns: 'id created_at skill_id? actor action result category?',
    keys: ['id'],
    values: { action: 'load update delete rescan', result: 'pass fail' },
    indexes: ['created_at'],
  },
};
