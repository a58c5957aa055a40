import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { Principal } from '../../domain/identity/principal.ts';
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
export async function currentPrincipal(
  deps: Pick<AuthenticateDeps, 'identity' | 'clock'>,
  caller: Principal,
): Promise<Principal> {
  const { sessionId, userId } = caller;
  const principal = await deps.identity.findPrincipal(sessionId, userId, deps.clock.now());
  if (principal === undefined) throw ended();
  return principal;
}

/**
 * The caller of an access token. Session, user, groups and roles are read on every call, so that a logout or a
 * revoked role bites at once (REQ-IDENTY-0106, REQ-ACCESS-0107). @throws OrchestratorError `session_invalid`.
 */
export async function authenticate(
  deps: AuthenticateDeps,
  token: string | undefined,
): Promise<Principal> {
  const now = deps.clock.now();
  const claims = token === undefined ? undefined : await deps.accessTokens.verify(token, now);
  const principal =
    claims && (await deps.identity.findPrincipal(claims.sessionId, claims.userId, now));
  if (principal !== undefined) return principal;
  if (token !== undefined) throw ended();
  throw new OrchestratorError(
    'session_invalid',
    'send an access token in the Authorization header',
  );
}
