import type { NodeJoinAnswer, NodeJoinRequest } from '@cynodeai/contracts/control-plane';
import type { Log } from '@cynodeai/runtime/observe';
import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { ClientContext } from '../../ports/identity.ts';
import type { JoinRefusal, JoinTokenSecrets, JoinTokens } from '../../ports/join-tokens.ts';
import type { NodeRegistry } from '../../ports/node-registry.ts';

export interface JoinNodeDeps {
  readonly joinTokens: JoinTokens;
  readonly joinSecrets: JoinTokenSecrets;
  readonly registry: Pick<NodeRegistry, 'countRefusal'>;
  readonly clock: Clock;
  readonly log: Log;
}

const again = 'make another on the machine of the control plane with: cynode node token';

const words = {
  join_token_unknown: `this join token was not made here, or ended long ago; ${again}`,
  join_token_used: `this join token was used before, and is good for once; ${again}`,
  join_token_expired: `this join token has expired; ${again}`,
} as const satisfies Readonly<Record<JoinRefusal, string>>;

/**
 * Trades a join token for the key with which this node registers, under this slug alone.
 * See docs/reference/machines.md#join.
 * @throws OrchestratorError `join_token_refused`.
 */
export async function joinNode(
  { token, node_slug: slug }: NodeJoinRequest,
  client: ClientContext,
  { joinTokens, joinSecrets, registry, clock, log }: JoinNodeDeps,
): Promise<NodeJoinAnswer> {
  const key = joinSecrets.make();
  const join = { tokenHash: joinSecrets.hash(token), keyHash: key.hash, slug, at: clock.now() };
  const outcome = await joinTokens.use(join, client);
  if (outcome !== 'joined') {
    registry.countRefusal({ slug: undefined, reason: outcome, client });
    throw new OrchestratorError('join_token_refused', words[outcome]);
  }
  log.info('a node joined', { node_slug: slug });
  return { version: 1, node_slug: slug, registration_key: key.token };
}
