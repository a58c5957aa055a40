import { z } from 'zod';
import {
  payloadVersionSchema,
  textSchema,
  timestampSchema,
  ulidSchema,
} from '../common/primitives.ts';

/**
 * A node's word on a configuration it was given; `applied` is its readiness signal. Of its error some text is kept, so
 * that unknown fields are dropped.
 * See docs/reference/nodes.md#acknowledgement.
 */
export const nodeConfigAckSchema = z.object({
  version: payloadVersionSchema,
  node_slug: z.string(),
  config_version: ulidSchema,
  ack_at: timestampSchema,
  status: z.enum(['applied', 'failed']),
  error: z
    .object({
      type: textSchema,
      message: textSchema,
      details: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
  effective_config_hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

export type NodeConfigAck = z.infer<typeof nodeConfigAckSchema>;
