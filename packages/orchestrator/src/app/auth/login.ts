import type { LoginRequest, TokenResponse } from '@cynodeai/contracts/gateway';
import { OrchestratorError } from '../../domain/errors.ts';
import { loginHandle } from '../../domain/identity/handle.ts';
import type {
  ClientContext,
  IdentityStore,
  LoginCandidate,
  LoginFailureReason,
  Passwords,
} from '../../ports/identity.ts';
import type { Refusals } from '../../ports/refusals.ts';
import { type OpenSessionDeps, openSession } from './open-session.ts';
import { type ThrottleDeps, admitHandle } from './throttle.ts';

export interface LoginDeps extends OpenSessionDeps {
  readonly identity: IdentityStore;
  readonly passwords: Passwords;
  readonly throttle: ThrottleDeps;
  readonly refusals: Refusals;
}

type Checked =
  | {
      readonly ok: true;
      readonly user: LoginCandidate;
      readonly verifiedHash: string;
      readonly needsRehash: boolean;
    }
  | { readonly ok: false; readonly reason: LoginFailureReason };

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
  return { ok: true, user, verifiedHash: user.passwordHash, needsRehash: result.needsRehash };
}

/**
 * Opens a session. See docs/reference/identity-and-policy.md.
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
  await admitHandle(deps.throttle, { subject, userId: user?.userId }, client);
  const checked = await check(deps, user, request.password);
  const refuse = async (reason: LoginFailureReason): Promise<never> => {
    const at = deps.clock.now();
    if (user === undefined) {
      await deps.throttle.attempts.noteFailure(subject, at);
      deps.refusals.count({ log: 'auth', event: 'login_failure', reason, subject, ...client, at });
    } else {
      const { userId } = user;
      await deps.identity.recordLoginFailure({ subject, userId, reason, client, at });
    }
    throw new OrchestratorError('credentials_invalid', 'Invalid credentials');
  };
  if (!checked.ok) return refuse(checked.reason);
  const fresh = checked.needsRehash ? await deps.passwords.hash(request.password) : undefined;
  const opened = await openSession(deps, checked, fresh, client);
  return opened ?? refuse('changed_meanwhile');
}
