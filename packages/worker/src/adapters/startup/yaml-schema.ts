import { isAbsolute } from 'node:path';
import { nodeSlugSchema, serviceUrlSchema } from '@cynodeai/contracts/common';
import { listenField } from '@cynodeai/runtime/config';
import { containerEngineField } from '@cynodeai/runtime/environment/node';
import { z } from 'zod';

const text = z.string().min(1);
const texts = z.array(text);
const count = z.int().min(1);
const seconds = z.int().min(1).max(31_536_000);
const flag = z.boolean();
const absolutePath = text.refine(isAbsolute, 'must be an absolute path');
const networkPolicy = z.enum(['restricted', 'none', 'allowlist']);

/**
 * A documented key whose effect this version does not have: refused, because ignoring it would
 * mislead.
 */
const notYet = z.undefined({ error: 'is not supported by this version yet; remove it' });

/** One choice of a key that this version does not offer. */
function without<T extends string>(allowed: readonly [T, ...T[]], later: string): z.ZodType<T> {
  return z.enum(allowed, {
    error: (issue) =>
      issue.input === later
        ? `${later} is not supported by this version yet; use ${allowed.join(' or ')}`
        : `must be ${allowed.join(' or ')}`,
  });
}

const section = <S extends z.ZodRawShape>(shape: S) => z.strictObject(shape).optional();

/**
 * The startup YAML. Unknown keys are faults, so that a typo in a limit cannot pass.
 * See docs/reference/nodes.md#settings-of-a-node.
 */
export const startupYamlSchema = z.strictObject({
  version: z.literal(1, { error: 'must be 1' }),
  orchestrator: section({
    url: serviceUrlSchema.optional(),
    registration_psk_env: text.optional(),
    registration_psk_file: absolutePath.optional(),
    proof_key_file: absolutePath.optional(),
    tls: section({ ca_bundle_path: absolutePath.optional(), pinned_sha256: notYet.optional() }),
    timeouts: section({
      connect_seconds: seconds.optional(),
      request_seconds: seconds.optional(),
    }),
  }),
  node: section({
    id: nodeSlugSchema.optional(),
    name: text.optional(),
    labels: texts.optional(),
    metadata: z.record(z.string(), z.unknown()).optional(),
  }),
  worker_api: section({
    listen_host: text.optional(),
    listen_port: z.int().min(1).max(65_535).optional(),
    tls_listen: listenField().optional(),
    public_base_url: serviceUrlSchema.optional(),
    max_request_bytes: count.optional(),
  }),
  sandbox: section({
    mode: z.enum(['allow', 'sandbox_only', 'disabled']).optional(),
    runtime: containerEngineField.optional(),
    rootless: flag.optional(),
    max_concurrency: count.optional(),
    default_image: text.optional(),
    allowed_images: texts.optional(),
    default_network_policy: networkPolicy.optional(),
    allowed_egress_domains: texts.optional(),
    resources: section({
      max_cpu_cores: notYet.optional(),
      max_memory_mb: notYet.optional(),
      max_pids: notYet.optional(),
    }),
    timeouts: section({ default_seconds: seconds.optional(), max_seconds: seconds.optional() }),
    mount_root: absolutePath.optional(),
    mounts: section({
      allowed_host_paths: texts.optional(),
      read_only_by_default: flag.optional(),
    }),
    security: section({
      allow_privileged: flag.optional(),
      allow_host_network: flag.optional(),
      allow_device_mounts: flag.optional(),
    }),
  }),
  inference: section({
    mode: z.enum(['allow', 'disabled', 'require']).optional(),
    max_concurrency: count.optional(),
    allow_gpu: flag.optional(),
  }),
  storage: section({
    state_dir: absolutePath.optional(),
    cache_dir: absolutePath.optional(),
    artifacts_dir: absolutePath.optional(),
  }),
  logging: section({
    level: z.enum(['debug', 'info', 'warn', 'error']).optional(),
    format: without(['json'], 'text').optional(),
    file_path: notYet.optional(),
  }),
  updates: section({
    enable_dynamic_config: flag.optional(),
    poll_interval_seconds: seconds.optional(),
    allow_service_restart: flag.optional(),
    report_interval_seconds: seconds.optional(),
  }),
});

export type StartupYaml = z.infer<typeof startupYamlSchema>;
