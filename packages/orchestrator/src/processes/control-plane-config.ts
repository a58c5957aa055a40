import { defaultPorts, limits, serviceUrlSchema } from '@cynodeai/contracts/common';
import {
  type Env,
  Secret,
  booleanField,
  durationField,
  integerField,
  listenField,
  parseEnv,
  secretField,
} from '@cynodeai/runtime/config';
import { z } from 'zod';

const mib = 1024 * 1024;
const day = 86_400_000;

/** 32 bytes as base64, for encryption at rest. */
const keyField = z.string().transform((text, context) => {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 32) return new Secret(text);
  context.issues.push({
    code: 'custom',
    message: 'must be 32 bytes in base64, for example from: openssl rand -base64 32',
    input: text,
  });
  return z.NEVER;
});

const baseUrlField = serviceUrlSchema.transform((url) => url.replace(/\/+$/, ''));

/** Environment of the control-plane. Contract 01 section 1.2. */
const schema = z.object({
  DATABASE_URL: secretField(),
  JWT_SECRET: secretField(32),
  NODE_REGISTRATION_PSK: secretField(16),
  ORCHESTRATOR_SECRETS_KEY: keyField,
  BOOTSTRAP_ADMIN_PASSWORD: secretField().optional(),
  ORCHESTRATOR_PUBLIC_URL: baseUrlField.default(`http://localhost:${defaultPorts.controlPlane}`),
  WORKER_API_TARGET_URL: baseUrlField.optional(),
  OLLAMA_BASE_URL: baseUrlField.optional(),
  INFERENCE_URL: baseUrlField.optional(),
  INFERENCE_MODEL: z.string().min(1).max(limits.indexedTextChars).default('qwen3.5:0.8b'),
  INFERENCE_TIMEOUT_SECONDS: integerField(1, 3600).default(120),
  SANDBOX_DEFAULT_IMAGE: z.string().min(1).max(limits.indexedTextChars).optional(),
  ORCHESTRATOR_BOOTSTRAP_FILE: z.string().min(1).optional(),
  MIGRATIONS_DIR: z.string().optional(),
  ARTIFACT_STORAGE_DIR: z.string().default('./data/artifacts'),
  JWT_NODE_DURATION: durationField().default(30 * day),
  DISPATCH_POLL_INTERVAL: durationField().default(1000),
  DISPATCHER_ENABLED: booleanField().default(true),
  /** Name of the stand-in model of an install without a model; set by the launcher only. */
  DEMO_MODEL_REF: z.string().min(1).max(limits.indexedTextChars).optional(),
  STOP_NODES_ON_EXIT: booleanField().default(false),
  CONTROL_PLANE_LISTEN_ADDR: listenField().optional(),
  LISTEN_ADDR: listenField().optional(),
  READ_TIMEOUT: durationField().default(30_000),
  WRITE_TIMEOUT: durationField().default(300_000),
  IDLE_TIMEOUT: durationField().default(120_000),
  MAX_HEADER_BYTES: integerField(1024, mib).default(limits.headerBytes),
  MAX_REQUEST_BODY_MB: integerField(1, 1024).default(limits.requestBodyBytes / mib),
});

export type ControlPlaneConfig = z.infer<typeof schema>;

/** @throws ConfigError naming every fault at once. */
export function controlPlaneConfig(env: Env): ControlPlaneConfig {
  return parseEnv(schema, env);
}

/** What migrating needs. */
export type MigrationConfig = Pick<ControlPlaneConfig, 'DATABASE_URL' | 'MIGRATIONS_DIR'>;

/** The environment of `--migrate-only`. @throws ConfigError. */
export function migrationConfig(env: Env): MigrationConfig {
  return parseEnv(schema.pick({ DATABASE_URL: true, MIGRATIONS_DIR: true }), env);
}
