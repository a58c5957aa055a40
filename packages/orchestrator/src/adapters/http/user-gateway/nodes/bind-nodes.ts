import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import {
  type AllowReregisterDeps,
  allowReregister,
} from '../../../../app/nodes/allow-reregister.ts';
import {
  type CreateJoinTokenDeps,
  createJoinToken,
} from '../../../../app/nodes/create-join-token.ts';
import { type ReadNodesDeps, getNode, listNodes } from '../../../../app/nodes/read-nodes.ts';
import type { CallerGuard } from '../caller.ts';

/** What the routes on nodes are made of. */
export type NodeParts = ReadNodesDeps & AllowReregisterDeps & CreateJoinTokenDeps;

/** Serves every route on nodes. See docs/reference/nodes.md#identity. */
export function bindNodes(server: HttpServer, guard: CallerGuard, parts: NodeParts): void {
  bindRoute(server, gatewayRoutes.listNodes, {
    guard,
    handle: async ({ caller, query }) => ({
      status: 200,
      body: await listNodes(parts, caller.actor, query),
    }),
  });
  bindRoute(server, gatewayRoutes.getNode, {
    guard,
    handle: async ({ caller, params }) => ({
      status: 200,
      body: await getNode(parts, caller.actor, params.id),
    }),
  });
  bindRoute(server, gatewayRoutes.allowReregister, {
    guard,
    handle: async ({ caller, params }) => {
      const { kind, value } = await allowReregister(parts, caller, params.id);
      return { status: caller.call.answers(kind), body: value };
    },
  });
  bindRoute(server, gatewayRoutes.inviteNode, {
    guard,
    handle: async ({ caller, body }) => {
      const { kind, value } = await createJoinToken(parts, caller, body?.ttl_seconds);
      return { status: caller.call.answers(kind), body: value };
    },
  });
}
