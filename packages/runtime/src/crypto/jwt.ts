import { type JWTPayload, SignJWT, errors, jwtVerify } from 'jose';
import type { Secret } from '../config/secret.ts';

const issuer = 'cynodeai';
const algorithm = 'HS256';

export interface TokenToSign {
  readonly subject: string;
  /** `access` or `node`; a token of one type is refused where the other is asked for. */
  readonly tokenType: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly id: string;
}

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);
const keyOf = (secret: Secret): Uint8Array => new TextEncoder().encode(secret.reveal());

/** A compact HS256 JWT of issuer `cynodeai`. See docs/reference/identity-and-policy.md#tokens. */
export function signToken(token: TokenToSign, secret: Secret): Promise<string> {
  return new SignJWT({ ...token.claims, token_type: token.tokenType })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
    .setIssuer(issuer)
    .setSubject(token.subject)
    .setJti(token.id)
    .setIssuedAt(seconds(token.issuedAt))
    .setExpirationTime(seconds(token.expiresAt))
    .sign(keyOf(secret));
}

/** The claims of a valid token of the given type, or undefined: algorithm, issuer, expiry (30 s skew) and type all hold. */
export async function verifyToken(
  jwt: string,
  tokenType: string,
  secret: Secret,
  now: Date,
): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(jwt, keyOf(secret), {
      algorithms: [algorithm],
      issuer,
      clockTolerance: 30,
      currentDate: now,
      requiredClaims: ['sub', 'exp', 'iat'],
    });
    return payload['token_type'] === tokenType ? payload : undefined;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
