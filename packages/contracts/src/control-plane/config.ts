import { z } from 'zod';
import {
  nodeSlugSchema,
  payloadVersionSchema,
  serviceUrlSchema,
  timestampSchema,
  ulidSchema,
} from '../common/primitives.ts';

/**
 * The order to run one inference container; absent or `enabled: false` means it must not start.
 * See docs/reference/nodes.md#configuration.
 */
export const inferenceBackendSchema = z.looseObject({
  enabled: z.boolean().optional(),
  image: z.string().optional(),
  variant: z.enum(['cpu', 'cuda', 'rocm']).optional(),
  port: z.int().min(1).max(65_535).optional(),
});

/**
 * Desired configuration of one node. Nodes ignore fields they do not know.
 * See docs/reference/nodes.md#configuration.
 */
export const nodeConfigurationPayloadSchema = z.looseObject({
  version: payloadVersionSchema,
  config_version: ulidSchema,
  issued_at: timestampSchema,
  node_slug: nodeSlugSchema,
  orchestrator: z.looseObject({
    base_url: z.string(),
    endpoints: z.looseObject({
      worker_api_target_url: serviceUrlSchema,
      node_report_url: z.url(),
    }),
  }),
  worker_api: z.looseObject({ orchestrator_bearer_token: z.string().min(32) }),
  inference_backend: inferenceBackendSchema.optional(),
  require_digest_pinning: z.boolean().optional(),
  policy: z
    .looseObject({
      sandbox: z
        .looseObject({
          allowed_images: z.array(z.string()).optional(),
          default_network_policy: z.enum(['restricted', 'none', 'allowlist']).optional(),
        })
        .optional(),
      updates: z.looseObject({ enable_dynamic_config: z.boolean().optional() }).optional(),
    })
    .optional(),
  constraints: z
    .looseObject({
      max_request_bytes: z.int().positive().optional(),
      max_job_timeout_seconds: z.int().positive().optional(),
    })
    .optional(),
});

export type NodeConfigurationPayload = z.infer<typeof nodeConfigurationPayloadSchema>;
export type InferenceBackend = z.infer<typeof inferenceBackendSchema>;
