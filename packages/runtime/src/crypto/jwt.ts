import { type JWTPayload, SignJWT, errors, jwtVerify } from 'jose';

const issuer = 'cynodeai';
const algorithm = 'HS256';

/** What a token is for; one is refused wherever another purpose is asked for. */
export interface TokenPurpose {
  /** `access` or `node`. */
  readonly tokenType: string;
  /** The server that takes it. */
  readonly audience: string;
  /** Derived for this purpose alone. */
  readonly key: Uint8Array;
}

export interface TokenToSign {
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly id: string;
}

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

/** A compact HS256 JWT of issuer `cynodeai`. See docs/reference/identity-and-policy.md#tokens. */
export function signToken(token: TokenToSign, purpose: TokenPurpose): Promise<string> {
  return new SignJWT({ ...token.claims, token_type: purpose.tokenType })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
    .setIssuer(issuer)
    .setAudience(purpose.audience)
    .setSubject(token.subject)
    .setJti(token.id)
    .setIssuedAt(seconds(token.issuedAt))
    .setExpirationTime(seconds(token.expiresAt))
    .sign(purpose.key);
}

/** The claims of a valid token, or undefined: key, algorithm, issuer, audience, expiry (30 s skew) and type all hold. */
export async function verifyToken(
  jwt: string,
  purpose: TokenPurpose,
  now: Date,
): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(jwt, purpose.key, {
      algorithms: [algorithm],
      issuer,
      audience: purpose.audience,
      clockTolerance: 30,
      currentDate: now,
      requiredClaims: ['sub', 'exp', 'iat'],
    });
    return payload['token_type'] === purpose.tokenType ? payload : undefined;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
