import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { UserSession } from '../../domain/identity/actor.ts';
import type { AccessTokens, IdentityStore, SessionRef } from '../../ports/identity.ts';

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
  const actor = await deps.identity.findSession(caller, deps.clock.now());
  if (actor === undefined) throw ended();
  return actor;
}

/**
 * What `read` finds for the session of an access token, the caller among it: it must read the session itself, and find
 * nothing once that has ended. @throws OrchestratorError `session_invalid`, and what `read` throws.
 */
export async function authenticateAndRead<Found>(
  deps: Pick<AuthenticateDeps, 'accessTokens' | 'clock'>,
  token: string | undefined,
  read: (session: SessionRef, now: Date) => Promise<Found | undefined>,
): Promise<Found> {
  const now = deps.clock.now();
  const session = token === undefined ? undefined : await deps.accessTokens.verify(token, now);
  const found = session && (await read(session, now));
  if (found !== undefined) return found;
  if (token !== undefined) throw ended();
  throw new OrchestratorError(
    'session_invalid',
    'send an access token in the Authorization header',
  );
}

/**
 * The caller of an access token. Session, user, groups and roles are read on every call, so that a logout or a
 * revoked role bites at once (REQ-IDENTY-0106, REQ-ACCESS-0107). @throws OrchestratorError `session_invalid`.
 */
export function authenticate(
  deps: AuthenticateDeps,
  token: string | undefined,
): Promise<UserSession> {
  return authenticateAndRead(deps, token, (session, now) =>
    deps.identity.findSession(session, now),
  );
}
