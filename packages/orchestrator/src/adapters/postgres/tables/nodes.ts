import type {
  CreatedAt,
  Defaulted,
  DefaultedJsonb,
  Id,
  JsonObject,
  Jsonb,
  NullableJsonb,
  UpdatedAt,
} from './columns.ts';

/** See docs/reference/database.md#node-tables; both tokens are ciphertext (`kid:base64`). */
export interface NodesTable {
  id: Id;
  node_slug: string;
  status: 'registered' | 'active' | 'inactive' | 'drained';
  enabled: Defaulted<boolean>;
  config_version: string | null;
  config_desired_version: string | null;
  config_desired_hash: string | null;
  worker_api_target_url: string | null;
  worker_api_bearer_token: string | null;
  worker_api_bearer_token_next: string | null;
  worker_api_token_expires_at: Date | null;
  config_ack_at: Date | null;
  config_ack_status: 'applied' | 'failed' | 'rolled_back' | null;
  config_ack_error: string | null;
  capability_hash: string | null;
  jwt_epoch: Defaulted<number>;
  identity_key: string | null;
  identity_settled_at: Date | null;
  reregistration_expires_at: Date | null;
  registration_refused_at: Date | null;
  registration_refused_from: string | null;
  last_seen_at: Date | null;
  last_capability_at: Date | null;
  metadata: NullableJsonb<JsonObject>;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}

/** See docs/reference/machines.md#join. */
export interface NodeJoinTokensTable {
  id: string;
  token_hash: Buffer;
  created_by: string;
  created_at: Date;
  expires_at: Date;
  used_at: Date | null;
  node_slug: string | null;
  key_hash: Buffer | null;
}

/** The last full report of a node, overwritten. See docs/reference/database.md#node-tables. */
export interface NodeCapabilitiesTable {
  id: Id;
  node_id: string;
  reported_at: Date;
  capability_snapshot: Jsonb<JsonObject>;
}

/** One row per configuration version served. See docs/reference/database.md#node-tables. */
export interface NodeConfigVersionsTable {
  node_id: string;
  config_version: string;
  content_hash: string;
  connectivity_hash: string | null;
  inference_enabled: boolean;
  issued_at: Date;
}

/** Display only. See docs/reference/database.md#node-tables. */
export interface NodeTelemetryTable {
  node_id: string;
  pulled_at: Date;
  info: NullableJsonb<JsonObject>;
  stats: NullableJsonb<JsonObject>;
  containers: NullableJsonb<unknown>;
  error: string | null;
}

/** See docs/reference/database.md#node-tables. */
export interface SandboxImagesTable {
  id: Id;
  name: string;
  description: string | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
  updated_by: string;
}

/** See docs/reference/database.md#node-tables. */
export interface SandboxImageVersionsTable {
  id: Id;
  sandbox_image_id: string;
  version: string;
  image_ref: string;
  image_digest: string | null;
  capabilities: DefaultedJsonb<JsonObject>;
  is_allowed: Defaulted<boolean>;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}

/** See docs/reference/database.md#node-tables. */
export interface NodeSandboxImageAvailabilityTable {
  id: Id;
  node_id: string;
  sandbox_image_version_id: string;
  status: 'available' | 'pulling' | 'failed' | 'evicted';
  last_checked_at: Date;
  details: NullableJsonb<JsonObject>;
}

/** See docs/reference/database.md#node-tables. */
export interface ModelsTable {
  id: Id;
  name: string;
  vendor: string | null;
  description: string | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
  updated_by: string;
}

/** See docs/reference/database.md#node-tables. */
export interface ModelVersionsTable {
  id: Id;
  model_id: string;
  version: string;
  capabilities: DefaultedJsonb<JsonObject>;
  default_parameters: NullableJsonb<JsonObject>;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}

/** See docs/reference/database.md#node-tables. */
export interface NodeModelAvailabilityTable {
  id: Id;
  node_id: string;
  model_version_id: string;
  status: 'available' | 'loading' | 'failed' | 'evicted';
  last_checked_at: Date;
  details: NullableJsonb<JsonObject>;
}
