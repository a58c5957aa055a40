import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { UserSession } from '../../domain/identity/actor.ts';
import type { AccessTokens, IdentityStore } from '../../ports/identity.ts';

export interface AuthenticateDeps {
  readonly identity: IdentityStore;
  readonly accessTokens: AccessTokens;
  readonly clock: Clock;
}

const ended = (): OrchestratorError =>
  new OrchestratorError(
    'session_invalid',
    'the access token is not valid; refresh it or log in again',
  );

/** A caller as they are now, for answers that take long. @throws OrchestratorError `session_invalid`. */
export async function currentActor(
  deps: Pick<AuthenticateDeps, 'identity' | 'clock'>,
  caller: UserSession,
): Promise<UserSession> {
  const { sessionId, userId } = caller;
  const actor = await deps.identity.findSession(sessionId, userId, deps.clock.now());
  if (actor === undefined) throw ended();
  return actor;
}

/**
 * The caller of an access token. Session, user, groups and roles are read on every call, so that a logout or a
 * revoked role bites at once (REQ-IDENTY-0106, REQ-ACCESS-0107). @throws OrchestratorError `session_invalid`.
 */
export async function authenticate(
  deps: AuthenticateDeps,
  token: string | undefined,
): Promise<UserSession> {
  const now = deps.clock.now();
  const claims = token === undefined ? undefined : await deps.accessTokens.verify(token, now);
  const actor = claims && (await deps.identity.findSession(claims.sessionId, claims.userId, now));
  if (actor !== undefined) return actor;
  if (token !== undefined) throw ended();
  throw new OrchestratorError(
    'session_invalid',
    'send an access token in the Authorization header',
  );
}
