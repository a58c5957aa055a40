import { controlPlaneRoutes } from '@cynodeai/contracts/control-plane';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { AuthenticateNodeDeps } from '../../../app/nodes/authenticate-node.ts';
import { type GetNodeConfigDeps, getNodeConfig } from '../../../app/nodes/get-node-config.ts';
import { nodeGuard } from './node-guard.ts';

/** `GET /v1/nodes/config`. */
export function bindGetConfig(
  server: HttpServer,
  deps: GetNodeConfigDeps & AuthenticateNodeDeps,
): void {
  bindRoute(server, controlPlaneRoutes.getConfig, {
    guard: nodeGuard(deps),
    handle: async ({ caller }) => ({
      status: 200,
      body: await getNodeConfig(caller, deps),
    }),
  });
}
