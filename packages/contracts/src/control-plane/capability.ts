import { z } from 'zod';
import { containerEngines } from '../common/container-engines.ts';
import { limits } from '../common/limits.ts';
import { modelAvailabilitySchema } from '../common/model-availability.ts';
import { transports } from '../common/service-url.ts';
import {
  nodeSlugSchema,
  payloadVersionSchema,
  textSchema,
  timestampSchema,
} from '../common/primitives.ts';
import { nodeIdentitySchema } from './identity.ts';

/** Feature of sandboxes that can be given secrets. See docs/reference/nodes.md#capability-report. */
export const jobSecretsFeature = 'job_secrets';

const gpuDeviceSchema = z.looseObject({
  vendor: z.string().optional(),
  model: z.string().optional(),
  device_id: z.string().optional(),
  vram_mb: z.int().nonnegative().optional(),
  available_vram_mb: z.int().nonnegative().optional(),
  features: z.record(z.string(), z.unknown()).optional(),
});

/**
 * Names a model in the registry, where it is indexed. See docs/reference/database.md#conventions.
 */
const modelRefSchema = textSchema.max(limits.indexedTextChars);

/**
 * What a node says about itself: facts only, except the wish `inference.mode`. Unknown fields are
 * tolerated and kept (REQ-WORKER-0136). See docs/reference/nodes.md#capability-report.
 */
export const nodeCapabilityReportSchema = z.looseObject({
  version: payloadVersionSchema,
  reported_at: timestampSchema,
  node: z.looseObject({
    node_slug: nodeSlugSchema,
    name: textSchema.optional(),
    labels: z.array(textSchema).optional(),
  }),
  platform: z.looseObject({
    os: z.string(),
    distro: z.string().optional(),
    arch: z.string(),
    kernel_version: z.string().optional(),
  }),
  container_runtime: z
    .looseObject({
      runtime: z.enum(containerEngines),
      version: z.string().optional(),
      rootless_supported: z.boolean().optional(),
      rootless_enabled: z.boolean().optional(),
    })
    .optional(),
  compute: z.looseObject({
    cpu_model: z.string().optional(),
    cpu_count: z.int().nonnegative().optional(),
    cpu_cores: z.int().positive(),
    cpu_clock_base_mhz: z.number().nonnegative().optional(),
    cpu_clock_boost_mhz: z.number().nonnegative().optional(),
    ram_mb: z.int().nonnegative(),
    ram_available_mb: z.int().nonnegative().optional(),
    storage_free_mb: z.int().nonnegative().optional(),
  }),
  gpu: z
    .looseObject({
      present: z.boolean(),
      devices: z.array(gpuDeviceSchema).optional(),
      total_vram_mb: z.int().nonnegative().optional(),
      total_available_vram_mb: z.int().nonnegative().optional(),
    })
    .optional(),
  sandbox: z
    .looseObject({
      supported: z.boolean(),
      features: z.array(z.string()).optional(),
      max_concurrency: z.int().positive().optional(),
    })
    .optional(),
  network: z
    .looseObject({
      orchestrator_reachable: z.boolean().optional(),
      outbound_policy: z.enum(['unrestricted', 'restricted', 'allowlist', 'none']).optional(),
      /** How the node's own calls reach its orchestrator; `plain` crosses a network in the clear. */
      orchestrator_transport: z.enum(transports).optional(),
    })
    .optional(),
  inference: z
    .looseObject({
      supported: z.boolean().optional(),
      mode: z.enum(['allow', 'disabled', 'require']).optional(),
      existing_service: z.boolean().optional(),
      running: z.boolean().optional(),
      models: z
        .array(
          z.looseObject({
            model_ref: modelRefSchema,
            status: modelAvailabilitySchema,
            /** On the disk of the service, where it says so. */
            size_bytes: z.int().nonnegative().optional(),
            /** What it can do, such as `completion` or `embedding`. */
            capabilities: z.array(textSchema).optional(),
          }),
        )
        .optional(),
      /** Scheme, host and port of the service that is relied upon; no path, which may be private. */
      service_url: textSchema.max(limits.indexedTextChars).optional(),
      /** The service computes on this machine, with its memory. */
      on_this_host: z.boolean().optional(),
    })
    .optional(),
  worker_api: z.looseObject({ base_url: z.string() }).optional(),
  tls: z
    .looseObject({
      trust_material_status: z.enum(['ok', 'missing', 'invalid']).optional(),
      worker_api_server_cert_pem: z.string().optional(),
    })
    .optional(),
});

export type NodeCapabilityReport = z.infer<typeof nodeCapabilityReportSchema>;

/**
 * Body of a registration: the shared key, the first report, and who the node is.
 * See docs/reference/nodes.md#registration.
 */
export const nodeRegistrationRequestSchema = z.looseObject({
  psk: z.string().min(1),
  capability: nodeCapabilityReportSchema,
  identity: nodeIdentitySchema.optional(),
});

export type NodeRegistrationRequest = z.infer<typeof nodeRegistrationRequestSchema>;
