import type { TokenResponse } from '@cynodeai/contracts/gateway';
import type { AccessTokens, RotatedSession } from '../../ports/identity.ts';

/** Lifetimes of a session, ms. See docs/reference/identity-and-policy.md#tokens. */
export interface SessionLifetimes {
  readonly accessMs: number;
  readonly refreshMs: number;
}

/** Longest life of a session after its login. */
export const absoluteSessionLifeMs = 30 * 24 * 3_600_000;

/** The answer of a login or refresh. */
export async function sessionTokens(
  tokens: AccessTokens,
  session: RotatedSession,
  refreshToken: string,
  now: Date,
  accessMs: number,
): Promise<TokenResponse> {
  const expiresAt = new Date(now.getTime() + accessMs);
  return {
    access_token: await tokens.issue(session, now, expiresAt),
    refresh_token: refreshToken,
    token_type: 'Bearer',
    expires_in: Math.floor(accessMs / 1000),
  };
}
