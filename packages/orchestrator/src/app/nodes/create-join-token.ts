import { joinTokenTtl } from '@cynodeai/contracts/common';
import type { NodeJoinToken } from '@cynodeai/contracts/gateway';
import { type Clock, uuidv7 } from '@cynodeai/runtime/std';
import type { JoinTokenSecrets } from '../../ports/join-tokens.ts';
import type { TransactNodes } from '../../ports/node-admin.ts';
import { requireAction } from '../access/require-action.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';

export interface CreateJoinTokenDeps {
  readonly transact: TransactNodes;
  readonly clock: Clock;
  readonly joinSecrets: JoinTokenSecrets;
}

/**
 * Makes a token with which one node of another machine joins, once. It is told now and never again.
 * See docs/reference/machines.md#join.
 * @throws OrchestratorError `forbidden`.
 */
export async function createJoinToken(
  { transact, clock, joinSecrets }: CreateJoinTokenDeps,
  caller: Caller,
  ttlSeconds: number = joinTokenTtl.defaultSeconds,
): Promise<Outcome<'created', NodeJoinToken>> {
  requireAction(caller.actor, 'node.invite');
  const at = clock.now();
  const id = uuidv7(at.getTime());
  const expiresAt = new Date(at.getTime() + ttlSeconds * 1000);
  const { token, hash } = joinSecrets.make();
  return transact(async (transaction) => {
    const { userId: createdBy } = caller.actor;
    await transaction.keepJoinToken({ id, hash, createdBy, createdAt: at, expiresAt });
    await record(transaction.audit, caller, { outcome: 'created', resourceId: id }, at);
    return {
      kind: 'created',
      value: { token_id: id, token, expires_at: expiresAt.toISOString() },
    };
  });
}
