import { z } from 'zod';
import { nodeSlugSchema, payloadVersionSchema } from '../common/primitives.ts';

/** A random secret of 32 bytes, base64url. */
const secretSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 43 characters of base64url');

/** Trades a join token for a key of the node's own. See docs/reference/machines.md#join. */
export const nodeJoinRequestSchema = z.looseObject({
  version: payloadVersionSchema,
  token: secretSchema,
  node_slug: nodeSlugSchema,
});

/** What the node registers with from then on, under this slug alone. */
export const nodeJoinAnswerSchema = z.looseObject({
  version: payloadVersionSchema,
  node_slug: nodeSlugSchema,
  registration_key: secretSchema,
});

export type NodeJoinRequest = z.infer<typeof nodeJoinRequestSchema>;
export type NodeJoinAnswer = z.infer<typeof nodeJoinAnswerSchema>;
