import { controlPlaneRoutes } from '@cynodeai/contracts/control-plane';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type AckNodeConfigDeps, ackNodeConfig } from '../../../app/nodes/ack-node-config.ts';
import type { AuthenticateNodeDeps } from '../../../app/nodes/authenticate-node.ts';
import { nodeGuard } from './node-guard.ts';

/** `POST /v1/nodes/config`. */
export function bindAckConfig(
  server: HttpServer,
  deps: AckNodeConfigDeps & AuthenticateNodeDeps,
): void {
  bindRoute(server, controlPlaneRoutes.ackConfig, {
    guard: nodeGuard(deps),
    handle: async ({ caller, body }) => {
      await ackNodeConfig(caller, body, deps);
      return { status: 204 };
    },
  });
}
