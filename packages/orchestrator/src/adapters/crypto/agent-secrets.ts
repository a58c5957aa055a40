import type { Secret } from '@cynodeai/runtime/config';
import { deriveKey, randomToken, sha256 } from '@cynodeai/runtime/crypto';
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AgentTokenSecrets, McpSessionIds } from '../../ports/mcp.ts';

/** 256-bit random tokens; nobody guesses one, so that a plain hash keeps it. */
export const randomAgentTokens: AgentTokenSecrets = {
  make: () => {
    const token = randomToken();
    return { token, hash: sha256(token) };
  },
  hash: sha256,
};

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const pattern = new RegExp(
  `^(${uuid})\\.(${uuid})\\.(\\d{4}-\\d{2}-\\d{2})\\.([0-9a-z]{1,11})\\.([\\w-]{43})$`,
);

/**
 * Session ids signed with a key of their own, derived from the token key: they name the session, its token, the
 * negotiated revision and when they were made. See docs/reference/mcp.md#sessions.
 */
export function hmacSessionIds(secret: Secret): McpSessionIds {
  const key = deriveKey(secret, 'session of an agent');
  const seal = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  return {
    issue: ({ sessionId, tokenId, version, issuedAt }) => {
      const text = [sessionId, tokenId, version, issuedAt.getTime().toString(36)].join('.');
      return `${text}.${seal(text).toString('base64url')}`;
    },
    read: (text) => {
      const [, sessionId, tokenId, version, at, signature] = pattern.exec(text) ?? [];
      if (
        sessionId === undefined ||
        tokenId === undefined ||
        version === undefined ||
        at === undefined ||
        signature === undefined
      ) {
        return undefined;
      }
      const signed = seal([sessionId, tokenId, version, at].join('.'));
      const given = Buffer.from(signature, 'base64url');
      if (given.length !== signed.length || !timingSafeEqual(given, signed)) return undefined;
      return { sessionId, tokenId, version, issuedAt: new Date(Number.parseInt(at, 36)) };
    },
  };
}
