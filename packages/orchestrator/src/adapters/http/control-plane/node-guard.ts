import type { FastifyRequest } from 'fastify';
import {
  type AuthenticateNodeDeps,
  authenticateNode,
} from '../../../app/nodes/authenticate-node.ts';
import type { NodeActor } from '../../../domain/identity/actor.ts';

/** Guard of the routes nodes call with their JWT. */
export function nodeGuard(
  deps: AuthenticateNodeDeps,
): (request: FastifyRequest) => Promise<NodeActor> {
  return (request) => authenticateNode(request.headers.authorization, deps);
}
