import type { LoginRequest, TokenResponse } from '@cynodeai/contracts';
import { type Clock, uuidv7 } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import { loginHandle } from '../../domain/identity/handle.ts';
import { attemptsThatMatter, lockedForMs } from '../../domain/identity/lockout.ts';
import type { SlidingWindow } from '../../domain/identity/sliding-window.ts';
import type {
  AccessTokens,
  ClientContext,
  IdentityStore,
  LoginCandidate,
  LoginFailureReason,
  Passwords,
  RefreshTokens,
} from '../../ports/identity.ts';
import { type SessionLifetimes, sessionTokens } from './session-tokens.ts';

/** Login attempts a handle may have per minute. Contract 04 section 4.3. */
export const loginsPerHandlePerMinute = 10;

export interface LoginDeps {
  readonly identity: IdentityStore;
  readonly passwords: Passwords;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly handleLimit: SlidingWindow;
  readonly lifetimes: SessionLifetimes;
  readonly clock: Clock;
}

type Checked =
  | { readonly ok: true; readonly user: LoginCandidate; readonly rehash: string | undefined }
  | { readonly ok: false; readonly reason: LoginFailureReason };

async function refuseWhenThrottled(
  deps: LoginDeps,
  subject: string,
  user: LoginCandidate | undefined,
  client: ClientContext,
): Promise<void> {
  const at = deps.clock.now();
  const attempts = await deps.identity.recentAttempts(subject, attemptsThatMatter);
  const waitMs = lockedForMs(attempts, at) || deps.handleLimit.take(subject, at);
  if (waitMs === 0) return;
  await deps.identity.recordLoginFailure({
    subject,
    ...(user && { userId: user.userId }),
    reason: 'rate_limited',
    client,
    at,
  });
  throw new OrchestratorError('rate_limited', 'too many login attempts; wait and try again', {
    retryAfterSeconds: waitMs / 1000,
  });
}

/** Every outcome costs one password hash, so that time does not tell who exists. */
async function check(
  deps: LoginDeps,
  user: LoginCandidate | undefined,
  password: string,
): Promise<Checked> {
  if (user === undefined || !user.isActive || user.passwordHash === undefined) {
    await deps.passwords.verifyNobody(password);
    if (user === undefined) return { ok: false, reason: 'unknown_handle' };
    return { ok: false, reason: user.isActive ? 'no_credential' : 'user_inactive' };
  }
  const result = await deps.passwords.verify(password, user.passwordHash);
  if (!result.matches) return { ok: false, reason: 'wrong_password' };
  return { ok: true, user, rehash: result.needsRehash ? user.passwordHash : undefined };
}

/**
 * Opens a session. Contract 04 sections 3.4, 4.2, 4.3.
 * @throws OrchestratorError `credentials_invalid` for every wrong pair alike, `rate_limited`.
 */
export async function login(
  deps: LoginDeps,
  request: LoginRequest,
  client: ClientContext,
): Promise<TokenResponse> {
  const handle = loginHandle(request.handle);
  const user = handle === undefined ? undefined : await deps.identity.findLogin(handle);
  const subject = user?.handle ?? deps.passwords.anonymousSubject(request.handle.toLowerCase());
  await refuseWhenThrottled(deps, subject, user, client);
  const checked = await check(deps, user, request.password);
  const at = deps.clock.now();
  if (!checked.ok) {
    const { reason } = checked;
    const userId = user && { userId: user.userId };
    await deps.identity.recordLoginFailure({ subject, ...userId, reason, client, at });
    throw new OrchestratorError('credentials_invalid', 'Invalid credentials');
  }
  const refresh = deps.refreshTokens.create();
  const session = {
    sessionId: uuidv7(at.getTime()),
    userId: checked.user.userId,
    handle: checked.user.handle,
  };
  await deps.identity.openSession({
    id: session.sessionId,
    userId: session.userId,
    handle: session.handle,
    tokenHash: refresh.hash,
    expiresAt: new Date(at.getTime() + deps.lifetimes.refreshMs),
    at,
    client,
    ...(checked.rehash !== undefined && {
      rehash: { old: checked.rehash, fresh: await deps.passwords.hash(request.password) },
    }),
  });
  return sessionTokens(deps.accessTokens, session, refresh.token, at, deps.lifetimes.accessMs);
}
