import { z } from 'zod';
import { payloadVersionSchema, timestampSchema } from '../common/primitives.ts';

/**
 * Answer to a registration: the URLs to use from now on and the node's JWT.
 * See docs/reference/nodes.md#registration.
 */
export const nodeBootstrapPayloadSchema = z.looseObject({
  version: payloadVersionSchema,
  issued_at: timestampSchema,
  orchestrator: z.looseObject({
    base_url: z.string(),
    endpoints: z.looseObject({
      worker_registration_url: z.url(),
      node_report_url: z.url(),
      node_config_url: z.url(),
    }),
  }),
  auth: z.looseObject({ node_jwt: z.string(), expires_at: timestampSchema }),
});

export type NodeBootstrapPayload = z.infer<typeof nodeBootstrapPayloadSchema>;
