import type { TokenResponse } from '@cynodeai/contracts/gateway';
import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type {
  AccessTokens,
  ClientContext,
  IdentityStore,
  RefreshTokens,
} from '../../ports/identity.ts';
import type { Refusals } from '../../ports/refusals.ts';
import { type SessionLifetimes, absoluteSessionLifeMs, sessionTokens } from './session-tokens.ts';

/**
 * A client that races itself may present the token it just exchanged; later it is a thief's.
 * See docs/reference/identity-and-policy.md#tokens.
 */
const replayGraceMs = 10_000;

export interface RefreshDeps {
  readonly identity: IdentityStore;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly refusals: Refusals;
  readonly lifetimes: SessionLifetimes;
  readonly clock: Clock;
}

/** Exchanges a refresh token for two new tokens (REQ-IDENTY-0105). @throws OrchestratorError `session_invalid`. */
export async function refreshSession(
  deps: RefreshDeps,
  token: string,
  client: ClientContext,
): Promise<TokenResponse> {
  const at = deps.clock.now();
  const presentedHash = deps.refreshTokens.hash(token);
  const next = deps.refreshTokens.create();
  const session = await deps.identity.rotateSession({
    presentedHash,
    newHash: next.hash,
    at,
    expiresAt: new Date(at.getTime() + deps.lifetimes.refreshMs),
    absoluteLifeMs: absoluteSessionLifeMs,
    client,
  });
  if (session === undefined) {
    const owner = await deps.identity.refuseRefresh({ presentedHash, at, replayGraceMs, client });
    deps.refusals.count({
      log: 'auth',
      event: 'refresh_failure',
      reason: owner === undefined ? 'unknown_or_expired' : 'replayed',
      userId: owner?.userId,
      subject: owner?.handle,
      ...client,
      at,
    });
    throw new OrchestratorError('session_invalid', 'the refresh token is not valid; log in again');
  }
  return sessionTokens(deps.accessTokens, session, next.token, at, deps.lifetimes.accessMs);
}
