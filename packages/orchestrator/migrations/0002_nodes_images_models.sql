-- breaking: false
-- transaction: true
-- formerly: 7db41a4fcde3d95b8cdfbb2230f96e04898d0ce8c22d9081105189448d30f9df
-- See docs/reference/database.md#node-tables.

-- Slugs and ULIDs are ordered by bytes whatever the locale of the database.
CREATE TABLE nodes (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  node_slug text COLLATE "C" NOT NULL,
  status text NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  config_version text COLLATE "C",
  config_desired_version text COLLATE "C",
  config_desired_hash text,
  worker_api_target_url text,
  worker_api_bearer_token text,
  worker_api_bearer_token_next text,
  worker_api_token_expires_at timestamptz(3),
  config_ack_at timestamptz(3),
  config_ack_status text,
  config_ack_error text,
  capability_hash text,
  jwt_epoch int NOT NULL DEFAULT 0,
  last_seen_at timestamptz(3),
  last_capability_at timestamptz(3),
  metadata jsonb,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT nodes_node_slug_key UNIQUE (node_slug),
  CONSTRAINT nodes_status_check CHECK (status IN ('registered', 'active', 'inactive', 'drained')),
  CONSTRAINT nodes_config_ack_status_check CHECK (config_ack_status IN ('applied', 'failed', 'rolled_back'))
);
CREATE INDEX nodes_status_idx ON nodes (status);
CREATE INDEX nodes_last_seen_at_idx ON nodes (last_seen_at);

CREATE TABLE node_capabilities (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  node_id uuid NOT NULL,
  reported_at timestamptz(3) NOT NULL,
  capability_snapshot jsonb NOT NULL,
  CONSTRAINT node_capabilities_node_id_key UNIQUE (node_id),
  CONSTRAINT node_capabilities_node_id_fkey FOREIGN KEY (node_id) REFERENCES nodes ON DELETE CASCADE
);

CREATE TABLE node_config_versions (
  node_id uuid NOT NULL,
  config_version text COLLATE "C" NOT NULL,
  content_hash text NOT NULL,
  connectivity_hash text,
  inference_enabled boolean NOT NULL,
  issued_at timestamptz(3) NOT NULL,
  CONSTRAINT node_config_versions_pkey PRIMARY KEY (node_id, config_version),
  CONSTRAINT node_config_versions_node_id_fkey FOREIGN KEY (node_id) REFERENCES nodes ON DELETE CASCADE
);

CREATE TABLE node_telemetry (
  node_id uuid PRIMARY KEY,
  pulled_at timestamptz(3) NOT NULL,
  info jsonb,
  stats jsonb,
  containers jsonb,
  error text,
  CONSTRAINT node_telemetry_node_id_fkey FOREIGN KEY (node_id) REFERENCES nodes ON DELETE CASCADE
);

CREATE TABLE sandbox_images (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  description text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_by text NOT NULL,
  CONSTRAINT sandbox_images_name_key UNIQUE (name)
);

CREATE TABLE sandbox_image_versions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  sandbox_image_id uuid NOT NULL,
  version text NOT NULL,
  image_ref text NOT NULL,
  image_digest text,
  capabilities jsonb NOT NULL DEFAULT '{}',
  is_allowed boolean NOT NULL DEFAULT false,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT sandbox_image_versions_sandbox_image_id_version_key UNIQUE (sandbox_image_id, version),
  CONSTRAINT sandbox_image_versions_image_ref_key UNIQUE (image_ref),
  CONSTRAINT sandbox_image_versions_sandbox_image_id_fkey
    FOREIGN KEY (sandbox_image_id) REFERENCES sandbox_images ON DELETE RESTRICT
);
CREATE INDEX sandbox_image_versions_is_allowed_idx ON sandbox_image_versions (is_allowed);

CREATE TABLE node_sandbox_image_availability (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  node_id uuid NOT NULL,
  sandbox_image_version_id uuid NOT NULL,
  status text NOT NULL,
  last_checked_at timestamptz(3) NOT NULL,
  details jsonb,
  CONSTRAINT node_sandbox_image_availability_node_image_key UNIQUE (node_id, sandbox_image_version_id),
  CONSTRAINT node_sandbox_image_availability_node_id_fkey
    FOREIGN KEY (node_id) REFERENCES nodes ON DELETE CASCADE,
  CONSTRAINT node_sandbox_image_availability_sandbox_image_version_id_fkey
    FOREIGN KEY (sandbox_image_version_id) REFERENCES sandbox_image_versions ON DELETE CASCADE,
  CONSTRAINT node_sandbox_image_availability_status_check
    CHECK (status IN ('available', 'pulling', 'failed', 'evicted'))
);
CREATE INDEX node_sandbox_image_availability_sandbox_image_version_id_idx
  ON node_sandbox_image_availability (sandbox_image_version_id);

CREATE TABLE models (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  vendor text,
  description text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_by text NOT NULL,
  CONSTRAINT models_name_vendor_key UNIQUE NULLS NOT DISTINCT (name, vendor)
);

CREATE TABLE model_versions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  model_id uuid NOT NULL,
  version text NOT NULL,
  capabilities jsonb NOT NULL DEFAULT '{}',
  default_parameters jsonb,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT model_versions_model_id_version_key UNIQUE (model_id, version),
  CONSTRAINT model_versions_model_id_fkey FOREIGN KEY (model_id) REFERENCES models ON DELETE RESTRICT
);

CREATE TABLE node_model_availability (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  node_id uuid NOT NULL,
  model_version_id uuid NOT NULL,
  status text NOT NULL,
  last_checked_at timestamptz(3) NOT NULL,
  details jsonb,
  CONSTRAINT node_model_availability_node_id_model_version_id_key UNIQUE (node_id, model_version_id),
  CONSTRAINT node_model_availability_node_id_fkey FOREIGN KEY (node_id) REFERENCES nodes ON DELETE CASCADE,
  CONSTRAINT node_model_availability_model_version_id_fkey
    FOREIGN KEY (model_version_id) REFERENCES model_versions ON DELETE CASCADE,
  CONSTRAINT node_model_availability_status_check
    CHECK (status IN ('available', 'loading', 'failed', 'evicted'))
);
CREATE INDEX node_model_availability_model_version_id_idx ON node_model_availability (model_version_id);
