import { uuidSchema } from '@cynodeai/contracts/common';
import { registrationProofText } from '@cynodeai/contracts/control-plane';
import type { Secret } from '@cynodeai/runtime/config';
import {
  SealedBox,
  UnsealError,
  deriveKey,
  isSignedBy,
  randomToken,
  signToken,
  verifyToken,
} from '@cynodeai/runtime/crypto';
import { uuidv7 } from '@cynodeai/runtime/std';
import type { NodeChallenges, NodeTokenIssuer, NodeTokenVault } from '../../ports/node-secrets.ts';

/**
 * HS256 JWTs of nodes; `lifetimeMs` is JWT_NODE_DURATION. See docs/reference/nodes.md#registration.
 */
export function jwtNodeTokens(secret: Secret, lifetimeMs: number): NodeTokenIssuer {
  const purpose = {
    tokenType: 'node',
    audience: 'cynodeai:control-plane',
    key: deriveKey(secret, 'token of a node'),
  };
  return {
    issue: async ({ nodeId, slug, epoch }, now) => {
      const expiresAt = new Date(now.getTime() + lifetimeMs);
      const jwt = await signToken(
        {
          subject: nodeId,
          claims: { node_slug: slug, epoch },
          issuedAt: now,
          expiresAt,
          id: uuidv7(now.getTime()),
        },
        purpose,
      );
      return { jwt, expiresAt };
    },
    verify: async (jwt, now) => {
      const claims = await verifyToken(jwt, purpose, now);
      const nodeId = uuidSchema.safeParse(claims?.sub);
      const slug = claims?.['node_slug'];
      const epoch = claims?.['epoch'];
      return nodeId.success && typeof slug === 'string' && typeof epoch === 'number'
        ? { nodeId: nodeId.data, slug, epoch }
        : undefined;
    },
  };
}

const challengeMs = 120_000;

/**
 * Challenges as signed tokens, so that nothing is kept of those that nobody answers.
 * See docs/reference/nodes.md#identity.
 */
export function jwtNodeChallenges(secret: Secret): NodeChallenges {
  const purpose = {
    tokenType: 'node_challenge',
    audience: 'cynodeai:control-plane',
    key: deriveKey(secret, 'challenge of a node'),
  };
  return {
    issue: ({ slug, epoch }, now) =>
      signToken(
        {
          subject: slug,
          claims: { epoch },
          issuedAt: now,
          expiresAt: new Date(now.getTime() + challengeMs),
          id: randomToken(16),
        },
        purpose,
      ),
    epochOf: async (challenge, slug, now) => {
      const claims = await verifyToken(challenge, purpose, now);
      const epoch = claims?.['epoch'];
      return claims?.sub === slug && typeof epoch === 'number' ? epoch : undefined;
    },
    isSignedBy: (publicKey, { slug, challenge, signature }) =>
      isSignedBy(publicKey, registrationProofText(slug, challenge), signature),
  };
}

/** Names the record a sealed token belongs to, so that a ciphertext moved to another node does not open. */
const contextOf = (nodeId: string): string => `nodes/${nodeId}/worker_api_bearer_token`;

/**
 * Node bearer tokens sealed with ORCHESTRATOR_SECRETS_KEY.
 * See docs/reference/nodes.md#worker-api-token.
 */
export function sealedNodeTokens(box: SealedBox): NodeTokenVault {
  return {
    create: () => randomToken(32),
    seal: (nodeId, token) => box.seal(token, contextOf(nodeId)),
    open: (nodeId, sealed) => {
      try {
        return box.open(sealed, contextOf(nodeId));
      } catch (error) {
        if (error instanceof UnsealError) return undefined;
        throw error;
      }
    },
  };
}
