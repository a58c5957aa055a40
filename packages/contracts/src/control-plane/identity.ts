import { z } from 'zod';
import { nodeSlugSchema, payloadVersionSchema } from '../common/primitives.ts';

/** Bytes as unpadded base64url of exactly that many characters. */
export const fixedBase64Url = (chars: number): z.ZodType<string> =>
  z
    .string()
    .length(chars)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be base64url without padding');

/** What it holds is the control-plane's own matter. */
const challengeSchema = z
  .string()
  .max(1024)
  .regex(/^[\x21-\x7E]+$/, 'must be printable ASCII');

/**
 * What a registration says of the node's identity, an Ed25519 key pair that the node made and keeps. The proof is a
 * signature over `registrationProofText`. See docs/reference/nodes.md#identity.
 */
export const nodeIdentitySchema = z.object({
  /** 32 bytes. */
  public_key: fixedBase64Url(43),
  proof: z
    .object({
      /** As the control-plane gave it. */
      challenge: challengeSchema,
      /** 64 bytes. */
      signature: fixedBase64Url(86),
    })
    .optional(),
});

/** Answer to a registration that needs a proof first. See docs/reference/nodes.md#identity. */
export const nodeChallengeSchema = z.object({
  version: payloadVersionSchema,
  node_slug: nodeSlugSchema,
  challenge: challengeSchema,
});

export type NodeIdentity = z.infer<typeof nodeIdentitySchema>;

/** The text a node signs: what for, for which node, and the challenge, which holds time and nonce. */
export function registrationProofText(slug: string, challenge: string): string {
  return `cynodeai node registration v1\n${slug}\n${challenge}`;
}
