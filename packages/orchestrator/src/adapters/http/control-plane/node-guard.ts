import type { FastifyRequest } from 'fastify';
import {
  type AuthenticateNodeDeps,
  type NodeCaller,
  authenticateNode,
} from '../../../app/nodes/authenticate-node.ts';

/** Guard of the routes nodes call with their JWT. */
export function nodeGuard(
  deps: AuthenticateNodeDeps,
): (request: FastifyRequest) => Promise<NodeCaller> {
  return (request) => authenticateNode(request.headers.authorization, deps);
}
