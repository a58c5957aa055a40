import { controlPlaneRoutes } from '@cynodeai/contracts/control-plane';
import { type HttpServer, anyone, bindRoute } from '@cynodeai/runtime/http';
import { type JoinNodeDeps, joinNode } from '../../../app/nodes/join-node.ts';

export interface JoinNodeRouteDeps extends JoinNodeDeps {
  /** Tries of a client address in a minute. */
  readonly perMinute: number;
}

/** `POST /v1/nodes/join`. */
export function bindJoinNode(server: HttpServer, deps: JoinNodeRouteDeps): void {
  bindRoute(server, controlPlaneRoutes.joinNode, {
    guard: anyone,
    rateLimitPerMinute: deps.perMinute,
    handle: async ({ body, ip, headers }) => ({
      status: 200,
      body: await joinNode(body, { ip, userAgent: headers['user-agent'] }, deps),
    }),
  });
}
