import { type Clock, addressGroup } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { RefusedEntry } from '../../domain/audit/refusal.ts';
import { attemptsThatMatter, lockedForMs } from '../../domain/identity/lockout.ts';
import { type RateDecision, decideRate } from '../../domain/identity/rate-window.ts';
import type { AttemptCounter } from '../../ports/attempt-counter.ts';
import type { ClientContext, IdentityStore } from '../../ports/identity.ts';
import type { Refusals } from '../../ports/refusals.ts';

/**
 * Login attempts a handle may have per minute.
 * See docs/reference/identity-and-policy.md#throttling.
 */
export const loginsPerHandlePerMinute = 10;

export interface ThrottleDeps {
  readonly attempts: AttemptCounter;
  readonly identity: Pick<IdentityStore, 'recentAttempts'>;
  readonly refusals: Refusals;
  /** RATE_LIMIT_PER_MINUTE: logins and refreshes of a client address together. */
  readonly perAddress: number;
  readonly clock: Clock;
}

const tooMany = (waitMs: number): OrchestratorError =>
  new OrchestratorError('rate_limited', 'too many attempts; wait and try again', {
    retryAfterSeconds: waitMs / 1000,
  });

async function countAddress(deps: ThrottleDeps, ip: string, at: Date): Promise<RateDecision> {
  const max = deps.perAddress;
  const key = `address:${addressGroup(ip) ?? ip}`;
  return decideRate(await deps.attempts.count({ key, max, at }), max, at);
}

/** Lets an attempt of a client address go on, or counts it as refused. @throws OrchestratorError `rate_limited`. */
async function admitAddress(
  deps: ThrottleDeps,
  event: RefusedEntry['event'],
  client: ClientContext,
): Promise<void> {
  const at = deps.clock.now();
  const decision = await countAddress(deps, client.ip, at);
  if (decision.allowed) return;
  deps.refusals.count({ log: 'auth', event, reason: 'rate_limited', ...client, at });
  throw tooMany(decision.waitMs);
}

/** Counts a login of a client address, before anything of it is read. @throws OrchestratorError `rate_limited`. */
export function admitLogin(deps: ThrottleDeps, client: ClientContext): Promise<void> {
  return admitAddress(deps, 'login_failure', client);
}

/** Counts a refresh of a client address. @throws OrchestratorError `rate_limited`. */
export function admitRefresh(deps: ThrottleDeps, client: ClientContext): Promise<void> {
  return admitAddress(deps, 'refresh_failure', client);
}

/**
 * Counts a login of a handle and holds it against the minute's limit and the lockout, alike for handles nobody has.
 * REQ-IDENTY-0116, REQ-IDENTY-0117. @throws OrchestratorError `rate_limited`.
 */
export async function admitHandle(
  deps: ThrottleDeps,
  who: { readonly subject: string; readonly userId: string | undefined },
  client: ClientContext,
): Promise<void> {
  const at = deps.clock.now();
  const max = loginsPerHandlePerMinute;
  const [counted, latest] = await Promise.all([
    deps.attempts.count({ key: `handle:${who.subject}`, max, at }),
    who.userId === undefined
      ? deps.attempts.failures(who.subject)
      : deps.identity.recentAttempts(who.subject, attemptsThatMatter),
  ]);
  const rate = decideRate(counted, max, at);
  const waitMs = Math.max(lockedForMs(latest, at), rate.allowed ? 0 : rate.waitMs);
  if (waitMs === 0) return;
  const reason = 'rate_limited';
  deps.refusals.count({ log: 'auth', event: 'login_failure', reason, ...who, ...client, at });
  throw tooMany(waitMs);
}
