import { z } from 'zod';
import { nodeSlugSchema, payloadVersionSchema } from '../common/primitives.ts';
import { fixedBase64Url } from './identity.ts';

/** A random secret of 32 bytes, base64url. */
const secretSchema = fixedBase64Url(43);

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
