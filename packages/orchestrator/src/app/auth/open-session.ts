import type { TokenResponse } from '@cynodeai/contracts/gateway';
import { type Clock, uuidv7 } from '@cynodeai/runtime/std';
import type {
  AccessTokens,
  ClientContext,
  IdentityStore,
  LoginCandidate,
  RefreshTokens,
} from '../../ports/identity.ts';
import { type SessionLifetimes, absoluteSessionLifeMs, sessionTokens } from './session-tokens.ts';

export interface OpenSessionDeps {
  readonly identity: Pick<IdentityStore, 'openSession'>;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly lifetimes: SessionLifetimes;
  readonly clock: Clock;
}

/** Somebody who may have a session, and what that was judged by. */
interface Verified {
  readonly user: Pick<LoginCandidate, 'userId' | 'handle'>;
  /** The stored hash of their password by then. */
  readonly verifiedHash: string;
}

/**
 * Opens a session of somebody whose right to it was just seen; undefined when they were disabled or got another
 * password meanwhile. @param freshHash replaces the stored one, when that is weaker than today's setting
 */
export async function openSession(
  { identity, accessTokens, refreshTokens, lifetimes, clock }: OpenSessionDeps,
  { user: { userId, handle }, verifiedHash }: Verified,
  freshHash: string | undefined,
  client: ClientContext,
): Promise<TokenResponse | undefined> {
  const at = clock.now();
  const refresh = refreshTokens.create();
  const sessionId = uuidv7(at.getTime());
  const opened = await identity.openSession({
    id: sessionId,
    userId,
    handle,
    tokenHash: refresh.hash,
    verifiedHash,
    freshHash,
    expiresAt: new Date(at.getTime() + Math.min(lifetimes.refreshMs, absoluteSessionLifeMs)),
    at,
    client,
  });
  if (!opened) return undefined;
  const session = { sessionId, userId, handle };
  return sessionTokens(accessTokens, session, refresh.token, at, lifetimes.accessMs);
}
