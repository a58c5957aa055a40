import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import { attemptsThatMatter, lockedForMs } from '../../domain/identity/lockout.ts';
import { type RateDecision, decideRate } from '../../domain/identity/rate-window.ts';
import type { AttemptCounter } from '../../ports/attempt-counter.ts';
import type { ClientContext, IdentityStore } from '../../ports/identity.ts';

/**
 * Login attempts a handle may have per minute.
 * See docs/reference/identity-and-policy.md#throttling.
 */
export const loginsPerHandlePerMinute = 10;

export interface ThrottleDeps {
  readonly attempts: AttemptCounter;
  readonly identity: Pick<
    IdentityStore,
    'recentAttempts' | 'recordLoginFailure' | 'recordThrottledRefresh'
  >;
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
  return decideRate(await deps.attempts.count({ key: `address:${ip}`, max, at }), max, at);
}

/** Counts a login of a client address, before anything of it is read. @throws OrchestratorError `rate_limited`. */
export async function admitLogin(deps: ThrottleDeps, client: ClientContext): Promise<void> {
  const at = deps.clock.now();
  const decision = await countAddress(deps, client.ip, at);
  if (decision.allowed) return;
  await deps.identity.recordLoginFailure({ reason: 'rate_limited', client, at });
  throw tooMany(decision.waitMs);
}

/**
 * Counts a refresh of a client address. Only the first refusal of a row has an audit row, so that a flood of
 * refreshes writes no more than the limit allows. @throws OrchestratorError `rate_limited`.
 */
export async function admitRefresh(deps: ThrottleDeps, client: ClientContext): Promise<void> {
  const at = deps.clock.now();
  const decision = await countAddress(deps, client.ip, at);
  if (decision.allowed) return;
  if (decision.isFirst) await deps.identity.recordThrottledRefresh({ client, at });
  throw tooMany(decision.waitMs);
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
    deps.identity.recentAttempts(who.subject, attemptsThatMatter),
  ]);
  const rate = decideRate(counted, max, at);
  const waitMs = Math.max(lockedForMs(latest, at), rate.allowed ? 0 : rate.waitMs);
  if (waitMs === 0) return;
  await deps.identity.recordLoginFailure({
    subject: who.subject,
    ...(who.userId !== undefined && { userId: who.userId }),
    reason: 'rate_limited',
    client,
    at,
  });
  throw tooMany(waitMs);
}
