import { OrchestratorError } from '../../domain/errors.ts';
import type { ClientContext, RefreshTokens } from '../../ports/identity.ts';
import { type AuthenticateDeps, authenticate } from './authenticate.ts';

export interface LogoutDeps extends AuthenticateDeps {
  readonly refreshTokens: RefreshTokens;
}

async function liveSessionOf(
  deps: AuthenticateDeps,
  accessToken: string | undefined,
): Promise<string | undefined> {
  try {
    return (await authenticate(deps, accessToken)).sessionId;
  } catch (error) {
    if (error instanceof OrchestratorError && error.code === 'session_invalid') return undefined;
    throw error;
  }
}

/**
 * Ends the sessions named by the tokens; an unknown refresh token is no error.
 * See docs/reference/identity-and-policy.md#sessions.
 * @throws OrchestratorError `session_invalid` without a valid access token and without a refresh
 * token.
 */
export async function logout(
  deps: LogoutDeps,
  tokens: { readonly accessToken: string | undefined; readonly refreshToken: string | undefined },
  client: ClientContext,
): Promise<void> {
  const sessionId = await liveSessionOf(deps, tokens.accessToken);
  if (sessionId === undefined && tokens.refreshToken === undefined) {
    throw new OrchestratorError('session_invalid', 'send a valid access token or a refresh token');
  }
  const tokenHash =
    tokens.refreshToken === undefined ? undefined : deps.refreshTokens.hash(tokens.refreshToken);
  await deps.identity.closeSessions({ sessionId, tokenHash, at: deps.clock.now(), client });
}
