import { createHmac } from 'node:crypto';
import { uuidSchema } from '@cynodeai/contracts/common';
import type { Secret } from '@cynodeai/runtime/config';
import {
  canonicalHash,
  deriveKey,
  hashPassword,
  randomToken,
  sha256,
  signToken,
  verifyNobody,
  verifyPassword,
  verifyToken,
} from '@cynodeai/runtime/crypto';
import { uuidv7 } from '@cynodeai/runtime/std';
import type { Seal } from '../../domain/tasks/page-cursor.ts';
import type { AccessTokens, Passwords, RefreshTokens } from '../../ports/identity.ts';

const uuidClaim = (value: unknown): string | undefined => uuidSchema.safeParse(value).data;

/** HS256 access tokens. See docs/reference/identity-and-policy.md#tokens. */
export function jwtAccessTokens(secret: Secret): AccessTokens {
  const purpose = {
    tokenType: 'access',
    audience: 'cynodeai:user-gateway',
    key: deriveKey(secret, 'access token of a user'),
  };
  return {
    issue: ({ userId, sessionId, handle }, now, expiresAt) =>
      signToken(
        {
          subject: userId,
          claims: { user_id: userId, handle, sid: sessionId },
          issuedAt: now,
          expiresAt,
          id: uuidv7(now.getTime()),
        },
        purpose,
      ),
    verify: async (token, now) => {
      const claims = await verifyToken(token, purpose, now);
      const userId = uuidClaim(claims?.sub);
      const sessionId = uuidClaim(claims?.['sid']);
      return userId === undefined || sessionId === undefined ? undefined : { userId, sessionId };
    },
  };
}

/** Opaque refresh tokens of 32 random bytes; SHA-256 at rest. */
export const opaqueRefreshTokens: RefreshTokens = {
  create: () => {
    const token = randomToken();
    return { token, hash: sha256(token) };
  },
  hash: sha256,
};

/** Argon2id off the event loop. See docs/reference/identity-and-policy.md#passwords. */
export const argonPasswords: Passwords = {
  verify: verifyPassword,
  verifyNobody,
  hash: hashPassword,
  anonymousSubject: (handle) => sha256(handle).toString('hex'),
};

/**
 * Hashes request bodies that hold a secret, so that what is stored does not help to guess it:
 * HMAC-SHA-256 of the canonical body with a key of its own, derived from the token key.
 * See docs/reference/http.md#idempotency.
 */
export function hmacBody(secret: Secret): (body: unknown) => Buffer {
  const key = deriveKey(secret, 'body of an idempotent call');
  return (body) => createHmac('sha256', key).update(canonicalHash(body)).digest();
}

/** Signs page cursors with a key of their own, derived from the token key. */
export function hmacSeal(secret: Secret): Seal {
  const key = deriveKey(secret, 'cursor of a page');
  return (text) => createHmac('sha256', key).update(text).digest('base64url').slice(0, 22);
}
