import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { Principal } from '../../domain/identity/principal.ts';
import type { AccessTokens, IdentityStore } from '../../ports/identity.ts';

export interface AuthenticateDeps {
  readonly identity: IdentityStore;
  readonly accessTokens: AccessTokens;
  readonly clock: Clock;
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
  throw new OrchestratorError(
    'session_invalid',
    token === undefined
      ? 'send an access token in the Authorization header'
      : 'the access token is not valid; refresh it or log in again',
  );
}
