import type { LocalSessionRequest, TokenResponse } from '@cynodeai/contracts/gateway';
import { OrchestratorError } from '../../domain/errors.ts';
import { administratorHandle } from '../../domain/identity/handle.ts';
import type { ClientContext, IdentityStore } from '../../ports/identity.ts';
import type { Refusals } from '../../ports/refusals.ts';
import { type OpenSessionDeps, openSession } from './open-session.ts';

export interface OpenLocalSessionDeps extends OpenSessionDeps {
  readonly identity: Pick<IdentityStore, 'findLogin' | 'openSession'>;
  readonly refusals: Refusals;
  /** Whether this was said by a holder of the install's key, about now. */
  readonly isProof: (said: LocalSessionRequest, now: Date) => boolean;
}

/** Between the look at the user and the session somebody may change their password, which is no reason to refuse. */
const mostTries = 3;

/**
 * Opens a session of the first administrator for whoever holds the key of the install, which is on the same machine as
 * every secret of it: whatever that administrator's password is by now. See docs/reference/processes.md#proof.
 * @throws OrchestratorError `credentials_invalid`
 */
export async function openLocalSession(
  deps: OpenLocalSessionDeps,
  said: LocalSessionRequest,
  client: ClientContext,
): Promise<TokenResponse> {
  const now = deps.clock.now();
  const subject = administratorHandle;
  const refuse = (reason: string, sentence: string): never => {
    deps.refusals.count({
      log: 'auth',
      event: 'login_failure',
      reason,
      subject,
      ...client,
      at: now,
    });
    throw new OrchestratorError('credentials_invalid', sentence);
  };
  if (!deps.isProof(said, now)) {
    return refuse('proof_invalid', 'the proof is not one of this install, or not of now');
  }
  for (let tries = 0; tries < mostTries; tries += 1) {
    const user = await deps.identity.findLogin(administratorHandle);
    const verifiedHash = user?.isActive ? user.passwordHash : undefined;
    if (user === undefined || verifiedHash === undefined) break;
    const opened = await openSession(deps, { user, verifiedHash }, undefined, client);
    if (opened !== undefined) return opened;
  }
  return refuse('user_inactive', `the user ${subject} is disabled or not there`);
}
