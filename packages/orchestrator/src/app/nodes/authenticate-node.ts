import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { NodeActor } from '../../domain/identity/actor.ts';
import type { NodeTokenIssuer } from '../../ports/node-secrets.ts';
import type { NodeRegistry } from '../../ports/node-registry.ts';

export interface AuthenticateNodeDeps {
  readonly registry: NodeRegistry;
  readonly issuer: NodeTokenIssuer;
  readonly clock: Clock;
}

const invalid = (): OrchestratorError =>
  new OrchestratorError('node_token_invalid', 'the node token is not valid; register again');

/**
 * The node behind an `Authorization` header; notes that it was seen.
 * See docs/reference/nodes.md#node-states.
 * @throws OrchestratorError `node_token_invalid`, `node_unknown`.
 */
export async function authenticateNode(
  authorization: string | undefined,
  deps: AuthenticateNodeDeps,
): Promise<NodeActor> {
  const jwt = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
  const now = deps.clock.now();
  const claims = jwt === undefined ? undefined : await deps.issuer.verify(jwt, now);
  if (claims === undefined) throw invalid();
  const current = await deps.registry.noteHeartbeat(claims.nodeId, claims.epoch);
  if (current === undefined) {
    throw new OrchestratorError('node_unknown', 'this node is not registered; register it first');
  }
  if (!current) throw invalid();
  return { kind: 'node', nodeId: claims.nodeId, slug: claims.slug };
}
